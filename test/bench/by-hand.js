/*
 * The same signals as annotel's, written by hand against the OpenTelemetry API the way an engineer would who knows it:
 * tracer, instruments and logger are made once, attributes are built once where they can be.
 */
import { context, logs, metrics, SeverityNumber, SpanKind, SpanStatusCode, trace, ValueType } from '@opentelemetry/api';

const SCOPE = ['by-hand', '0.1.0'];
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

const histogram = (name, unit, boundaries) =>
  metrics.getMeter(...SCOPE).createHistogram(name, {
    unit,
    valueType: unit === 's' ? ValueType.DOUBLE : ValueType.INT,
    advice: { explicitBucketBoundaries: boundaries },
  });

/** USD, at the prices of gpt-4o-mini. */
function costOf({ prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details }) {
  const cached = details?.cached_tokens ?? 0;
  return ((input - cached) * 0.15 + cached * 0.075 + output * 0.6) / 1e6;
}

/**
 * Call after the SDK is registered: metrics of the API have no proxies.
 *
 * @param asksFirst whether the code asks the span if it records before it emits the log record. Hand-written code seldom
 *   does; where it does, a sampled-out call emits what annotel emits, and nothing more
 */
export function byHand({ asksFirst = false } = {}) {
  const tracer = trace.getTracer(...SCOPE);
  const logger = logs.getLogger(...SCOPE);
  const calls = metrics.getMeter(...SCOPE).createCounter('annotel.calls', { unit: '{call}' });
  const callDuration = histogram('annotel.call.duration', 's', seconds);
  const operationDuration = histogram('gen_ai.client.operation.duration', 's', seconds);
  const cost = metrics.getMeter(...SCOPE).createCounter('annotel.cost', { unit: 'USD', valueType: ValueType.DOUBLE });
  const tokenUsage = histogram('gen_ai.client.token.usage', '{token}', tokens);

  function fail(span, error) {
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }

  const traced = (method) => (argument) =>
    tracer.startActiveSpan(
      'Service.method',
      {
        kind: SpanKind.INTERNAL,
        attributes: { 'code.function.name': 'Service.method', 'annotel.operation': 'traced' },
      },
      async (span) => {
        const started = performance.now();
        const dimensions = { 'code.function.name': 'Service.method', 'annotel.operation': 'traced' };
        try {
          return await method(argument);
        } catch (error) {
          dimensions['error.type'] = error.name;
          span.setAttribute('error.type', error.name);
          fail(span, error);
          throw error;
        } finally {
          calls.add(1, dimensions);
          callDuration.record((performance.now() - started) / 1000, dimensions);
          if (!asksFirst || span.isRecording()) {
            logger.emit({
              eventName: 'annotel.call',
              severityNumber: SeverityNumber.DEBUG,
              body: 'Service.method succeeded',
              attributes: dimensions,
              context: context.active(),
            });
          }
          span.end();
        }
      },
    );

  const llmCall = (method) => (request) =>
    tracer.startActiveSpan(
      `chat ${request.model}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': request.model,
          'gen_ai.request.temperature': request.temperature,
          'gen_ai.request.max_tokens': request.max_tokens,
          'code.function.name': 'Service.method',
          'annotel.operation': 'chat',
        },
      },
      async (span) => {
        const started = performance.now();
        const callDimensions = { 'code.function.name': 'Service.method', 'annotel.operation': 'chat' };
        const dimensions = {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': request.model,
        };
        let answer;
        let amount;
        try {
          answer = await method(request);
          dimensions['gen_ai.response.model'] = answer.model;
          amount = costOf(answer.usage);
          if (!asksFirst || span.isRecording())
            span.setAttributes({
              'gen_ai.response.id': answer.id,
              'gen_ai.response.model': answer.model,
              'gen_ai.response.finish_reasons': answer.choices.map((choice) => choice.finish_reason),
              'gen_ai.usage.input_tokens': answer.usage.prompt_tokens,
              'gen_ai.usage.output_tokens': answer.usage.completion_tokens,
              'gen_ai.usage.cache_read.input_tokens': answer.usage.prompt_tokens_details?.cached_tokens,
              'gen_ai.usage.reasoning.output_tokens': answer.usage.completion_tokens_details?.reasoning_tokens,
              'openai.api.type': 'chat_completions',
              'openai.response.service_tier': answer.service_tier,
              'openai.response.system_fingerprint': answer.system_fingerprint,
              'annotel.cost.amount': amount,
              'annotel.cost.currency': 'USD',
              'annotel.cost.source': 'local',
            });
          cost.add(amount, { ...dimensions, 'annotel.cost.source': 'local' });
          tokenUsage.record(answer.usage.prompt_tokens, { ...dimensions, 'gen_ai.token.type': 'input' });
          tokenUsage.record(answer.usage.completion_tokens, { ...dimensions, 'gen_ai.token.type': 'output' });
          return answer;
        } catch (error) {
          callDimensions['error.type'] = dimensions['error.type'] = error.name;
          span.setAttribute('error.type', error.name);
          fail(span, error);
          throw error;
        } finally {
          const duration = (performance.now() - started) / 1000;
          calls.add(1, callDimensions);
          callDuration.record(duration, callDimensions);
          operationDuration.record(duration, dimensions);
          if (!asksFirst || span.isRecording()) {
            logger.emit({
              eventName: 'gen_ai.client.inference.operation.details',
              severityNumber: SeverityNumber.DEBUG,
              body: 'Service.method succeeded',
              attributes: {
                'gen_ai.operation.name': 'chat',
                'gen_ai.provider.name': 'openai',
                'gen_ai.request.model': request.model,
                'gen_ai.request.temperature': request.temperature,
                'gen_ai.request.max_tokens': request.max_tokens,
                'code.function.name': 'Service.method',
                'annotel.operation': 'chat',
                'gen_ai.response.id': answer?.id,
                'gen_ai.response.model': answer?.model,
                'gen_ai.response.finish_reasons': answer?.choices.map((choice) => choice.finish_reason),
                'gen_ai.usage.input_tokens': answer?.usage.prompt_tokens,
                'gen_ai.usage.output_tokens': answer?.usage.completion_tokens,
                'gen_ai.usage.cache_read.input_tokens': answer?.usage.prompt_tokens_details?.cached_tokens,
                'gen_ai.usage.reasoning.output_tokens': answer?.usage.completion_tokens_details?.reasoning_tokens,
                'openai.api.type': 'chat_completions',
                'openai.response.service_tier': answer?.service_tier,
                'openai.response.system_fingerprint': answer?.system_fingerprint,
                'annotel.cost.amount': amount,
                'annotel.cost.currency': 'USD',
                'annotel.cost.source': 'local',
              },
              context: context.active(),
            });
          }
          span.end();
        }
      },
    );

  return { traced, llmCall };
}
