/*
 * What people, models and tools say to each other, in the JSON parts schema of the GenAI conventions (input messages, output
 * messages, system instructions, tool definitions). Built only while content is captured.
 */

export type Part =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'reasoning'; readonly content: string }
  | { readonly type: 'tool_call'; readonly name: string; readonly id?: string; readonly arguments?: unknown }
  | { readonly type: 'tool_call_response'; readonly response: unknown; readonly id?: string }
  | Blob
  | { readonly type: 'file'; readonly modality: string; readonly file_id: string; readonly mime_type?: string }
  | { readonly type: 'uri'; readonly modality: string; readonly uri: string; readonly mime_type?: string }
  /** What has no part type of its own, under the provider's name for it. */
  | { readonly type: string; readonly [field: string]: unknown };

/** Binary data. The bytes themselves are never recorded; `content` is their type and size, as in `[image/png, 5120 bytes]`. */
export interface Blob {
  readonly type: 'blob';
  readonly modality: string;
  readonly mime_type?: string;
  readonly content: string;
}

export interface Message {
  /** `system`, `user`, `assistant`, `tool`, or the provider's word. */
  readonly role: string;
  readonly parts: readonly Part[];
  readonly name?: string;
  /** Of a model's answer. */
  readonly finish_reason?: string;
}

export interface ToolDefinition {
  readonly type: string;
  readonly name: string;
  readonly description?: string;
  /** JSON Schema. */
  readonly parameters?: unknown;
}

/** What a request says. Instructions that stand among the messages stay there; `system` are those that stand apart. */
export interface Conversation {
  readonly system?: readonly Part[];
  readonly input?: readonly Message[];
  readonly tools?: readonly ToolDefinition[];
}

/** A text part; none where there is nothing to say. */
export function text(content: unknown): Part[] {
  return typeof content === 'string' && content !== '' ? [{ type: 'text', content }] : [];
}

/** A reasoning part; none where there is nothing to say. */
export function reasoning(content: unknown): Part[] {
  return typeof content === 'string' && content !== '' ? [{ type: 'reasoning', content }] : [];
}

/** A tool's arguments as the object they are, where the provider hands them out as JSON. */
export function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** Stands for binary data: its type and size. `data` is base64, bytes, or a `data:` URL. */
export function blob(data: unknown, mimeType: string | undefined, modality?: string): Blob {
  const url = typeof data === 'string' ? /^data:([^;,]*)[^,]*,/.exec(data) : null;
  const type = mimeType ?? url?.[1] ?? undefined;
  const base64 = typeof data === 'string' ? data.slice(url?.[0].length ?? 0) : undefined;
  const bytes =
    base64 !== undefined
      ? Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
      : ((data as ArrayBufferView | undefined)?.byteLength ?? 0);
  return {
    type: 'blob',
    modality: modality ?? modalityOf(type),
    ...(type ? { mime_type: type } : undefined),
    content: `[${type || 'binary'}, ${bytes} bytes]`,
  };
}

/** `image`, `audio`, `video`, else `document`. */
export function modalityOf(mimeType: string | undefined): string {
  const major = mimeType?.split('/')[0];
  return major === 'image' || major === 'audio' || major === 'video' ? major : 'document';
}
