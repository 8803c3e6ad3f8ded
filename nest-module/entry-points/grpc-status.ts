/** By their numbers: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
const UNKNOWN = 'UNKNOWN';
/** Where the others are the answer to whoever asked: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const FAULTS_OF_SERVERS = new Set([
  UNKNOWN,
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** The status that an error of gRPC has, or is sent as. */
export function grpcStatus(error: unknown): { readonly name: string; readonly isServersFault: boolean } {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  const name = (typeof code === 'number' && NAMES[code]) || UNKNOWN;
  return { name, isServersFault: FAULTS_OF_SERVERS.has(name) };
}
