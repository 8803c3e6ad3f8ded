import { ChatOpenAI } from '@langchain/openai';
import { provider } from '../local/provider.js';
import { TravelAdvisor } from './travel-advisor.js';

const { apiKey, baseURL } = await provider();
const model = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey, configuration: { baseURL } });
console.log(await new TravelAdvisor(model).advise('What is the weather, and how late is it, in Lisbon?'));
