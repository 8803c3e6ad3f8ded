import { recorded, type WireReply } from '../../support/wire-server.js';
import { framed } from '../bedrock-wire.js';
import { anthropic, bedrockConverse, bedrockInvoke } from './canary-anthropic.js';
import * as dialogues from './canary-dialogues.js';
import type { Family } from './canary-family.js';
import { langChain, langChainHandler, vercel } from './canary-frameworks.js';
import { cohere, google } from './canary-google.js';
import { mistral, ollama } from './canary-mistral.js';
import { azureInference, openAIChat, openAIResponses } from './canary-openai.js';

/** What is told of one call. */
export interface Told {
  readonly tokens: [input: number, output: number];
  readonly reason: string;
  /** Read, written. */
  readonly cached?: [read: number, written?: number];
  readonly reasoning?: number;
  /** In US dollars; `undefined` where there is no price. */
  readonly cost?: number;
}
export type Row = [how: 'ask' | 'stream', what: string, reply: WireReply, told: Told];

const chunk = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)).toString('base64') } });
const of = (path: string) => recorded(path);

/**
 * By way of OpenAI's chat completions.
 *
 * @param cost of the answer of the priority tier, by a client that keeps the tier to itself: bundled prices are not its
 */
const chat = (cost?: number): Row[] => [
  [
    'ask',
    'cached and reasoning tokens',
    of('openai/chat-completion-cached-reasoning.json'),
    { tokens: [2304, 541], reason: 'stop', cached: [2048], reasoning: 512, cost },
  ],
  [
    'ask',
    'tools',
    of('openai/chat-completion-tools.json'),
    { tokens: [82, 17], reason: 'tool_calls', cached: [0], reasoning: 0, cost: 0.000375 },
  ],
  [
    'stream',
    'tools and cached tokens',
    of('openai/chat-completion-stream-tools.sse'),
    { tokens: [68, 15], reason: 'tool_calls', cached: [64], reasoning: 0, cost: 0.00024 },
  ],
];

/** Per client, calls that fill its cells, in the words of the provider. */
export const TABLE: [Family, request: object, rows: Row[]][] = [
  [
    openAIChat,
    dialogues.openAIDialogue,
    [
      ...chat(),
      [
        'stream',
        'reasoning tokens (DeepSeek)',
        of('openai-compatible/deepseek.sse'),
        { tokens: [374, 60], reason: 'tool_calls', cached: [320], reasoning: 16, cost: 0.00005372 },
      ],
    ],
  ],
  [
    openAIResponses,
    dialogues.responsesDialogue,
    [
      [
        'ask',
        'tools, cached and reasoning tokens',
        of('openai/response-tools.json'),
        { tokens: [291, 87], reason: 'tool_calls', cached: [256], reasoning: 64, cost: 0.000894 },
      ],
      [
        'stream',
        'text',
        of('openai/response-stream.sse'),
        { tokens: [37, 11], reason: 'stop', cached: [0], reasoning: 0, cost: 0.000162 },
      ],
    ],
  ],
  [
    azureInference,
    dialogues.openAIDialogue,
    [
      [
        'ask',
        'tools, cached and reasoning tokens',
        of('azure-inference/chat-tools.json'),
        { tokens: [82, 17], reason: 'tool_calls', cached: [64], reasoning: 8, cost: 0.000295 },
      ],
      ['stream', 'text', of('azure-inference/stream.sse'), { tokens: [19, 5], reason: 'stop', cost: 0.000068 }],
    ],
  ],
  [
    anthropic,
    dialogues.anthropicDialogue,
    [
      [
        'ask',
        'cached and reasoning tokens',
        of('anthropic/message-cached-thinking.json'),
        { tokens: [2525, 503], reason: 'end_turn', cached: [2048, 456], reasoning: 440, cost: 0.0067056 },
      ],
      [
        'ask',
        'tools',
        of('anthropic/message-tools.json'),
        { tokens: [345, 65], reason: 'tool_use', cached: [0, 0], cost: 0.00134 },
      ],
      [
        'stream',
        'cached and reasoning tokens',
        of('anthropic/message-stream.sse'),
        { tokens: [1125, 48], reason: 'end_turn', cached: [1000, 100], reasoning: 30, cost: 0.00098 },
      ],
      [
        'stream',
        'tools',
        of('anthropic/message-stream-tools.sse'),
        { tokens: [10682, 89], reason: 'tool_use', cached: [0, 0], cost: 0.022254 },
      ],
    ],
  ],
  [
    bedrockConverse,
    dialogues.converseDialogue,
    [
      [
        'ask',
        'cached tokens',
        of('bedrock/converse-cached.json'),
        { tokens: [1512, 9], reason: 'end_turn', cached: [1200, 300], cost: 0.001656 },
      ],
      ['ask', 'tools', of('bedrock/converse-tools.json'), { tokens: [340, 61], reason: 'tool_use', cost: 0.001935 }],
      [
        'stream',
        'cached tokens',
        framed('converse-stream'),
        { tokens: [1125, 48], reason: 'end_turn', cached: [1000, 100], cost: 0.00147 },
      ],
      ['stream', 'tools', framed('converse-stream-tools'), { tokens: [340, 61], reason: 'tool_use', cost: 0.001935 }],
    ],
  ],
  [
    bedrockInvoke,
    dialogues.anthropicDialogue,
    [
      [
        'ask',
        'cached tokens',
        of('bedrock/invoke-anthropic.json'),
        { tokens: [1512, 9], reason: 'end_turn', cached: [1200, 300], cost: 0.001656 },
      ],
      [
        'stream',
        'cached tokens',
        framed('invoke-stream-anthropic', chunk),
        { tokens: [1125, 48], reason: 'end_turn', cached: [1000, 100], cost: 0.00147 },
      ],
    ],
  ],
  [
    google,
    dialogues.geminiDialogue,
    [
      [
        'ask',
        'cached and reasoning tokens',
        of('gemini/generate-content.json'),
        { tokens: [2312, 156], reason: 'STOP', cached: [2048], reasoning: 147, cost: 0.00053064 },
      ],
      [
        'ask',
        'tools',
        of('gemini/generate-content-tools.json'),
        { tokens: [118, 94], reason: 'STOP', reasoning: 63, cost: 0.0002704 },
      ],
      [
        'stream',
        'reasoning tokens',
        of('gemini/generate-content-stream.sse'),
        { tokens: [14, 41], reason: 'STOP', reasoning: 31, cost: 0.0001067 },
      ],
      [
        'stream',
        'tools and cached tokens',
        of('gemini/generate-content-stream-tools.sse'),
        { tokens: [97, 22], reason: 'STOP', cached: [64], cost: 0.00006682 },
      ],
    ],
  ],
  [
    cohere,
    dialogues.cohereDialogue,
    [
      [
        'ask',
        'cached tokens',
        of('cohere/chat.json'),
        { tokens: [418, 11], reason: 'COMPLETE', cached: [256], cost: 0.001155 },
      ],
      ['ask', 'tools', of('cohere/chat-tools.json'), { tokens: [41, 46], reason: 'TOOL_CALL', cost: 0.0005625 }],
      [
        'stream',
        'cached tokens',
        of('cohere/chat-stream.sse'),
        { tokens: [9, 42], reason: 'COMPLETE', cached: [8], cost: 0.0004425 },
      ],
      [
        'stream',
        'tools',
        of('cohere/chat-stream-tools.sse'),
        { tokens: [37, 28], reason: 'TOOL_CALL', cost: 0.0003725 },
      ],
    ],
  ],
  [
    mistral,
    dialogues.mistralDialogue,
    [
      [
        'ask',
        'cached tokens',
        of('mistral/chat-cached.json'),
        { tokens: [1013, 30], reason: 'stop', cached: [1008], cost: 0.0000979 },
      ],
      ['ask', 'tools', of('mistral/chat-tools.json'), { tokens: [80, 40], reason: 'tool_calls', cost: 0.0001 }],
      ['stream', 'tools', of('mistral/stream-tools.sse'), { tokens: [80, 40], reason: 'tool_calls', cost: 0.0001 }],
    ],
  ],
  [
    ollama,
    dialogues.ollamaDialogue,
    [
      ['ask', 'tools', of('ollama/chat-tools.json'), { tokens: [169, 58], reason: 'stop' }],
      ['stream', 'tools', of('ollama/chat-stream-tools.ndjson'), { tokens: [169, 39], reason: 'stop' }],
    ],
  ],
  [vercel, dialogues.vercelDialogue, chat(0.0032252)],
  [langChain, dialogues.langChainDialogue, chat(0.0032252)],
  [langChainHandler, dialogues.langChainDialogue, chat(0.0032252)],
];
