import { describe, expect, test } from '@jest/globals';
import { redactError } from '../../../../lib/privacy/redaction/redact-error.js';
import { growth, LINEAR } from '../../../support/growth.js';
import { useTelemetry } from '../../../support/telemetry.js';

/* Error messages as Node, databases, validators and APIs of models write them. */

useTelemetry({ settings: { redact: [] } });

const anthropic = (type: string, message: string) =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' });
const gemini = {
  error: { code: 400, message: 'API key not valid. Please pass a valid key.', status: 'INVALID_ARGUMENT' },
};

test.each<[source: string, message: string]>([
  ['Node', "Cannot read properties of undefined (reading 'messages')"],
  ['Node', "Cannot find module '/app/dist/x.js'"],
  ['Node', "Cannot find module '/Users/jane/My Project/dist/x.js'\nRequire stack:\n- /Users/jane/My Project/main.js"],
  ['Node', "Cannot find module 'C:\\\\Program Files\\\\app\\\\x.js'"],
  ['Node', "ENOENT: no such file or directory, open '/data/in/last year/report of sales.pdf'"],
  ['Node', 'Package subpath \'./v4\' is not defined by "exports" in /app/node_modules/zod/package.json'],
  ['Node', "The requested module './service.js' does not provide an export named 'Service of something'"],
  ['Node', 'The "data" argument must be of type string or an instance of Buffer. Received an instance of Object'],
  ['Node', 'connect ECONNREFUSED 127.0.0.1:5432'],
  [
    'Node',
    "Hostname/IP does not match certificate's altnames: Host: a.test. is not in the cert's altnames: DNS:b.test",
  ],
  ['Node', "Expected ',' or '}' after property value in JSON at position 12 (line 1 column 13)"],
  ['fetch', 'Failed to parse URL from /api/chat'],
  ['fetch', 'request to https://api.example.com/v1 failed, reason: getaddrinfo ENOTFOUND api.example.com'],
  ['pg', 'relation "public.long table name" does not exist'],
  ['pg', 'relation "customer orders archive 2023" does not exist'],
  ['pg', 'column "Total Amount Including Tax" of relation "orders" does not exist'],
  [
    'pg',
    'insert into "users" ("name") values ($1) - duplicate key value violates unique constraint "users_name_unique"',
  ],
  ['pg', 'insert or update on table "orders" violates foreign key constraint "orders_of_customers_customer_id_fkey"'],
  ['pg', 'syntax error at or near "SELCT"'],
  ['openai', "The model 'gpt-5 turbo preview large' does not exist"],
  ['openai', '404 The model `gpt-5` does not exist or you do not have access to it.'],
  [
    'openai',
    "400 This model's maximum context length is 8192 tokens. However, you requested 9192 tokens (8192 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
  ],
  [
    'openai',
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  ],
  [
    'openai',
    "Invalid value: 'foo'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
  ],
  [
    'openai',
    "400 Invalid schema for function 'get_weather': In context=('properties', 'city'), 'required' is required to be supplied and to be an array including every key in properties. Missing 'unit'.",
  ],
  [
    'openai',
    "400 'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
  ],
  [
    'openai',
    "400 An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_9",
  ],
  [
    'vLLM',
    '400 {"object":"error","message":"This model\'s maximum context length is 4096 tokens.","type":"BadRequestError"}',
  ],
  [
    'FastAPI',
    `422 {"detail":[{"type":"string_type","loc":["body","messages"],"msg":"Input should be a valid string"}]}`,
  ],
  ['pydantic', `[{'type': 'x', 'loc': ('body', 'messages', 0), 'msg': 'Input should be a valid dictionary'}]`],
  ['anthropic', `400 ${anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum')}`],
  [
    'anthropic',
    `400 ${anthropic('invalid_request_error', 'messages: roles must alternate between "user" and "assistant", but found multiple "user" roles in a row')}`,
  ],
  ['anthropic', `529 ${anthropic('overloaded_error', 'Overloaded, please try again a little later')}`],
  [
    'anthropic',
    '`tool_use` ids were found without `tool_result` blocks immediately after: toolu_01. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  ['Gemini', JSON.stringify(gemini)],
  ['Gemini', JSON.stringify({ error: { message: JSON.stringify(gemini, null, 2), code: 400, status: 'Bad Request' } })],
  [
    'Cohere',
    'Status code: 400\nBody: {\n  "message": "invalid request: all elements in history must have a message."\n}',
  ],
  ['Hugging Face', '{"error":"Model too busy, unable to get response in less than 60 second(s)"}'],
  [
    'zod',
    '[\n  {\n    "code": "too_small",\n    "minimum": 5,\n    "path": [\n      "name"\n    ],\n    "message": "String must contain at least 5 character(s)"\n  }\n]',
  ],
  ['zod', "Invalid enum value. Expected 'low' | 'medium' | 'high', received 'highest'"],
  [
    'class-validator',
    'An instance of CreateUserDto has failed the validation:\n - property email has failed the following constraints: isEmail',
  ],
  [
    'Nest',
    'Nest can\'t resolve dependencies of the Chat (?, "MODEL"). Please make sure that the argument "MODEL" at index [0] is available.',
  ],
  [
    'AWS',
    "1 validation error detected: Value null at 'messages' failed to satisfy constraint: Member must not be null",
  ],
  [
    'AWS',
    'User: arn:aws:iam::123456789012:user/x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/m because no identity-based policy allows the action',
  ],
  ['AWS', 'Malformed input request: #: required key [messages] not found, please reformat your input and try again.'],
  ['AJV', 'data/name must match pattern "^[A-Z][a-z]+ [A-Z][a-z]+(?: [A-Z][a-z]+)*$"'],
  ['prose', "You can't use the users' own models, they don't exist; rock 'n roll isn't what it was"],
])('%s is understood by whoever runs the app: %s', (_source, message) => {
  expect(redactError(message, [])).toBe(message);
});

const SAID = 'Herr Brandenburg hat Diabetes.';

test.each<[what: string, message: string, shown: string]>([
  ['in double quotes', `cannot use "${SAID}"`, 'cannot use "[content]"'],
  ['in single quotes', `near '${SAID}' at line 1`, "near '[content]' at line 1"],
  ['in backticks', `unknown: \`${SAID}\``, 'unknown: `[content]`'],
  ['in typographic quotes', `„${SAID}“ ist kein Befehl`, '„[content]“ ist kein Befehl'],
  ['in guillemets', `reçu «${SAID}»`, 'reçu «[content]»'],
  ['in Chinese, without blanks', '无效的输入: "我的妻子安娜有糖尿病"', '无效的输入: "[content]"'],
  ['in Chinese quotes', '无效的输入「我的妻子安娜有糖尿病」', '无效的输入「[content]」'],
  ['with an apostrophe', "got 'Herr Brandenburg's wife has it, too', sorry", "got '[content]', sorry"],
  ['with escaped quotes', "got 'Herr Brandenburg hat \\'Diabetes\\' und mehr', sorry", "got '[content]', sorry"],
  ['with quotes in JSON', 'in {"text":"Herr Brandenburg hat \\"Diabetes\\"."}', 'in {"text":"[content]"}'],
  ['in JSON within JSON', `in {"body":"{\\"text\\":\\"${SAID}\\"}"}`, 'in {"body":"[content]"}'],
  [
    'in a message of an API',
    `{"error":{"message":"cannot use \\"${SAID}\\""}}`,
    '{"error":{"message":"cannot use \\"[content]\\""}}',
  ],
  ['as a message in a request', `{"role":"user","message":"${SAID}"}`, '{"role":"user","message":"[content]"}'],
  ['cut off', 'Text: "Herr Brandenburg hat Diabetes seit', 'Text: "[content]"'],
  ['cut off in single quotes', "received 'Herr Brandenburg hat Diab", "received '[content]'"],
  ['in SQL', `near 'SELECT * FROM notes WHERE text = ${SAID}' at line 1`, "near '[content]' at line 1"],
  [
    'as a value of pg',
    `invalid input syntax for type integer: "${SAID}"`,
    'invalid input syntax for type integer: "[content]"',
  ],
  ['as a received value', `Expected 'a' | 'b', received '${SAID}'`, "Expected 'a' | 'b', received '[content]'"],
  [
    'of a tool',
    `Invalid arguments for tool weather: {"city": "${SAID}"}`,
    'Invalid arguments for tool weather: {"city": "[content]"}',
  ],
  [
    'of a command',
    `Command failed with exit code 1: git commit -m "${SAID}"`,
    'Command failed with exit code 1: git commit -m "[content]"',
  ],
  ['over several lines', 'Failed to parse "Herr Brandenburg\n\nhat Diabetes."', 'Failed to parse "[content]"'],
  [
    'as what is no JSON, behind another quotation',
    'The model "gpt-4o" said: Unexpected token \'S\', "Sure, here"... is not valid JSON',
    'The model "gpt-4o" said: Unexpected token \'S\', "[content]" is not valid JSON',
  ],
  [
    'in front of a stack',
    'Error: got "Herr Brandenburg hat Diabetes\n    at ask (/app/My Project/x.js:1:2)\n    at /app/y.js:3:4',
    'Error: got "[content]"\n    at ask (/app/My Project/x.js:1:2)\n    at /app/y.js:3:4',
  ],
])('what is quoted is masked: %s', (_what, message, shown) => {
  expect(redactError(message, [])).toBe(shown);
});

describe('messages that were made to be slow', () => {
  const QUOTED = `"${'a b '.repeat(8)}" `;
  test.each<[string, string]>([
    ...['"', "'", '\\"', ' "a', '\\', '„', '%25', '&amp;', 'a b "'].map((piece): [string, string] => [piece, piece]),
    ['quotations', QUOTED],
    ['quotations of paths', `"/a/${'b '.repeat(20)}/" `],
    ['keys', `"error": { "code" , ${QUOTED}`],
    ['no JSON', '"a" is not valid JSON '],
    ['frames', '\n    at a "b c d e f g h i j k l m n o p"'],
  ])('take time in proportion to their length: %s', (_what, piece) => {
    const redacted = (length: number) => {
      const message = piece.repeat(length / piece.length);
      return redactError(message, [message]);
    };
    // Longer ones are cut to 64 K characters first.
    expect(growth(redacted, 30_000)).toBeLessThan(LINEAR);
  });

  test('are read no further than to their bound', () => {
    const redacted = (length: number) => redactError('"'.repeat(length), []);
    expect(growth(redacted, 500_000, LINEAR / 2)).toBeLessThan(LINEAR / 2);
  });
});
