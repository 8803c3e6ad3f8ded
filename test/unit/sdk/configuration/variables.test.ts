import { describe, expect, it } from '@jest/globals';
import { idleSentence, idleVariables } from '../../../../lib/sdk/configuration/variables.js';

const idle = (name: string, value = 'x') => idleVariables({ [name]: value });

describe('variables without effect', () => {
  it.each([
    ['OTEL_EXPORTER_OLTP_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_HEADER', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_SERVICENAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_SERVICE', 'OTEL_SERVICE_NAME'],
    ['OTELSERVICE_NAME', 'OTEL_SERVICE_NAME'],
    ['otel_service_name', 'OTEL_SERVICE_NAME'],
    ['OETL_SERVICE_NAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_TRACE_SAMPLER', 'OTEL_TRACES_SAMPLER'],
    ['OTEL_TRACE_EXPORTER', 'OTEL_TRACES_EXPORTER'],
    ['OTEL_LOG_EXPORTER', 'OTEL_LOGS_EXPORTER'],
    ['OTEL_METRICS_EXPORT_INTERVAL', 'OTEL_METRIC_EXPORT_INTERVAL'],
    ['OTEL_RESOURCE_ATTRIBUTE', 'OTEL_RESOURCE_ATTRIBUTES'],
    ['OTEL_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_DISABLED', 'OTEL_SDK_DISABLED'],
    ['OTEL_EXPORTER', 'OTEL_TRACES_EXPORTER'],
    ['ANNOTEL_KEEPS', 'ANNOTEL_KEEP'],
    ['ANOTEL_CONSOLE', 'ANNOTEL_CONSOLE'],
    ['ANNOTEL_REDACTION', 'ANNOTEL_REDACT'],
    ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGES_CONTENT', 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'],
  ])('%s was meant to be %s', (name, nearest) => {
    expect(idle(name)).toEqual([{ name, nearest }]);
    expect(idleSentence({ name, nearest })).toBe(
      `${name} is no known variable and has no effect; did you mean ${nearest}?`,
    );
  });

  it.each([
    ['OTEL_CONFIG_FILE', 'otel.yaml', /no such file/],
    ['OTEL_EXPERIMENTAL_CONFIG_FILE', 'otel.yaml', /no such file/],
    ['OTEL_METRICS_EXEMPLAR_FILTER', 'always_on', /no exemplars/],
    ['OTEL_SEMCONV_STABILITY_OPT_IN', 'http/dup', /without the old ones/],
    ['OTEL_SEMCONV_STABILITY_OPT_IN', 'http,gen_ai_latest_experimental', /ANNOTEL_SEMCONV/],
    ['OTEL_EXPORTER_JAEGER_ENDPOINT', 'http://localhost:14268', /OTEL_EXPORTER_OTLP_ENDPOINT/],
    ['OTEL_SERVICE_VERSION', '1.2', /OTEL_RESOURCE_ATTRIBUTES=service\.version=/],
    ['ANNOTEL_SPOOL_MAX_AGE', '1h', /48 hours/],
  ])('%s=%s is known: what holds instead is told', (name, value, instead) => {
    const [found, ...others] = idle(name, value);
    expect(others).toEqual([]);
    expect(found && idleSentence(found)).toMatch(new RegExp(`^${name} has no effect: .*${instead.source}`));
  });

  it.each([
    ['OTEL_METRICS_EXEMPLAR_FILTER', 'always_off'],
    ['OTEL_SEMCONV_STABILITY_OPT_IN', 'http,database'],
  ])('%s=%s asks for what is so anyway', (name, value) => {
    expect(idle(name, value)).toEqual([]);
  });

  it('with a name of its own is told without a guess', () => {
    expect(idle('OTEL_EXPORTER_OTLP_TOKEN').map(idleSentence)).toEqual([
      'OTEL_EXPORTER_OTLP_TOKEN is no known variable and has no effect',
    ]);
    expect(idle('ANNOTEL_VERBOSITY').map(idleSentence)).toEqual([
      expect.stringMatching(/^ANNOTEL_VERBOSITY is no known variable and has no effect \(there are ANNOTEL_CONSOLE, /),
    ]);
  });

  it.each([
    ['OTEL_SERVICE_NAME', 'x'],
    ['OTEL_SERVICENAME', '  '],
    ['OTEL_PYTHON_LOG_LEVEL', 'x'],
    ['OTEL_JAVAAGENT_ENABLED', 'x'],
    ['OTEL_DOTNET_AUTO_HOME', 'x'],
    ['OTEL_GO_X_OBSERVABILITY', 'x'],
    ['OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED', 'x'],
    ['OTEL_COLLECTOR_URL', 'x'],
    ['OTEL_LAMBDA_DISABLE_AWS_CONTEXT_PROPAGATION', 'x'],
    ['OTEL_RESOURCE_ATTRIBUTES_POD_NAME', 'x'],
    ['OTEL_SERVICE_HOST', '10.0.0.1'],
    ['OTEL_SERVICE_PORT_OTLP', '4317'],
    ['OTEL_PORT', 'tcp://10.0.0.1:4317'],
    ['OTEL_PORT_4317_TCP_ADDR', '10.0.0.1'],
    ['OTEL_ENABLED', 'true'],
    ['NOTEL_SERVICE_NAME', 'x'],
    ['SERVICE_NAME', 'x'],
  ])('%s=%s is no such variable', (name, value) => {
    expect(idle(name, value)).toEqual([]);
  });
});
