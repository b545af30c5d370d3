import type { QueryRequest, QueryResult } from '../query/query-executor.js';
import { countTokens } from '../query/tokenizer.js';
import { UpstreamNonsenseError } from './upstream.errors.js';

interface ChatCompletion {
  readonly model?: unknown;
  readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown };
}

/** The body of `POST /chat/completions` for a query. */
export function toChatRequest({ model, query, maxTokens }: QueryRequest): Record<string, unknown> {
  return { model, messages: [{ role: 'user', content: query }], max_tokens: maxTokens };
}

/** The answer of a chat completion; its usage is what is charged, counted by us only where it says none. */
export function readChatCompletion(text: string, request: QueryRequest): QueryResult {
  const completion = parse(text);
  const content = completion?.choices?.[0]?.message?.content;
  if (typeof content !== 'string') {
    throw new UpstreamNonsenseError('The upstream sent something that is no chat completion');
  }
  const { prompt_tokens, completion_tokens } = completion?.usage ?? {};
  return {
    text: content,
    // The query's own name: what it is weighed by, whatever snapshot of the model answered.
    model: request.model,
    promptTokens: wholeOr(prompt_tokens, () => countTokens(request.query, request.model)),
    completionTokens: wholeOr(completion_tokens, () => countTokens(content, request.model)),
    simulated: false,
  };
}

function parse(text: string): ChatCompletion | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as ChatCompletion | undefined;
  } catch {
    return undefined;
  }
}

function wholeOr(value: unknown, count: () => number): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : count();
}
