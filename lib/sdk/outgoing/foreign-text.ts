import { SpanKind } from '@opentelemetry/api';
import { isSecretMember } from '../../redaction/assignments.js';
import { redact } from '../../redaction/redact.js';
import { settings } from '../../settings.js';

/*
 * What libraries and instrumentations record, which nobody wrote with telemetry in mind: addresses with tokens in them,
 * SQL with values in it, headers. annotel's own attributes are redacted where they are made.
 */

const MASK = '[SECRET]';

/** Headers that are secrets whatever they hold. */
const SECRET_HEADER =
  /^(?:http\.(?:request|response)\.header|rpc\.(?:request|response)\.metadata)\.(?:.*[-_.])?(?:authorization|cookie2?|api[-_]?key|auth|token|secret|signature|password|credential|session(?:[-_]?id)?)$/i;
const URL_NAME = /^(?:url\.(?:full|query|path|original)|http\.(?:url|target)|.*\.(?:url|uri))$/;
const SQL_NAME = /^db\.(?:query\.text|statement)$/;

/** Names of systems and of what was prepared beforehand: no text of a person, and worthless when masked. */
const STRUCTURE =
  /^(?:server\.address|network\.local\.address|network\.(?:protocol|transport|type)\b.*|net\.(?:host|sock\.host)\..*|http\.(?:route|request\.method|scheme|flavor|method)|url\.scheme|db\.(?:system|system\.name|namespace|operation\.name|collection\.name|name)|code\..*|otel\..*|telemetry\..*|user\.id|session\.id|gen_ai\.conversation\.id|annotel\..*)$/;
/** The other end of a connection: of an inbound request it is a person's address, of an outbound one a server's. */
const PEER =
  /^(?:network\.peer\.address|net\.peer\..*|net\.sock\.peer\..*|peer\.service|client\.address|http\.client_ip)$/;

/** A part of a query, behind `?` or `&`, whose name says that its value opens a door. */
const SECRET_PARAMETER =
  /((?:^|[?&;#])(?:[\w.-]*[-_.])?(?:token|access_?token|id_?token|refresh_?token|api_?key|apikey|key|sig|signature|secret|client_?secret|password|passwd|pwd|code|auth|authorization|credential|session|session_?id|jwt|sas|awsaccesskeyid|x-amz-[\w-]+|x-goog-[\w-]+)=)[^&#;\s]+/gi;
const AUTHORITY = /^([a-z][a-z\d+.-]*:)?\/\/([^/?#]*)/i;
/** Literals of SQL: quoted texts, dollar-quoted ones, and numbers that stand alone. */
const LITERAL = /'(?:[^'\\]|''|\\.)*'?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|(?<![\w$."[])\d+(?:\.\d+)?(?![\w."])/g;

/**
 * A text that stands in an attribute of a foreign span or log record, as it may leave. Never throws.
 *
 * @param kind of the span, which decides whose the address of a peer is
 */
export function cleanedText(name: string, text: string, kind: SpanKind | undefined): string {
  const { redact: sets } = settings();
  if (sets.length === 0 && settings().redactor === undefined) return text;
  if (STRUCTURE.test(name)) return text;
  if (PEER.test(name)) return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER ? text : masked(text);
  if (sets.includes('secret') && (SECRET_HEADER.test(name) || isSecretMember(name, text))) return MASK;
  if (URL_NAME.test(name)) return cleanedUrl(text);
  if (SQL_NAME.test(name)) return masked(sets.length > 0 ? text.replace(LITERAL, '?') : text);
  return masked(text);
}

/** The host stays: it is what the span is about, even where it is an IP address. */
function cleanedUrl(url: string): string {
  const [start = '', scheme = '', authority = ''] = AUTHORITY.exec(url) ?? [];
  const rest = url.slice(start.length);
  const isSecret = settings().redact.includes('secret');
  const opened = isSecret ? rest.replace(SECRET_PARAMETER, `$1${MASK}`) : rest;
  const host = isSecret ? authority.replace(/^.*@/, `${MASK}@`) : authority;
  return (start === '' ? '' : `${scheme}//${host}`) + masked(opened);
}

function masked(text: string): string {
  return redact(text, 'attribute').text;
}
