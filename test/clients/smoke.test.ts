import Anthropic from '@anthropic-ai/sdk';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { expect, test } from '@jest/globals';
import { ChatOpenAI } from '@langchain/openai';
import { StateGraph } from '@langchain/langgraph';
import { Mistral } from '@mistralai/mistralai';
import { generateText } from 'ai';
import { CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import ModelClient from '@azure-rest/ai-inference';
import { LlmCall } from '../../lib/index.js';
test('all load', () => {
  for (const x of [Anthropic, ConverseCommand, GoogleGenAI, ChatOpenAI, StateGraph, Mistral, generateText, CohereClientV2, Ollama, LlmCall, ModelClient]) expect(x).toBeDefined();
});
