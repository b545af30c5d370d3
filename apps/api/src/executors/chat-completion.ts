import { spellingsOf } from 'fairshare/quota';
import type { QueryRequest, QueryResult } from './query-executor.js';
import { countTokensInTurns } from './tokenizer.js';
import type { CallUsage } from './upstream-bill.js';
import { isPlausible, logNonsense } from './plausible-tokens.js';
import { UpstreamNonsenseError } from './upstream.errors.js';

interface ChatMessage {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly tool_calls?: unknown;
}

interface Choice {
  readonly message?: ChatMessage;
  readonly finish_reason?: unknown;
}

interface ChatCompletion {
  readonly model?: unknown;
  readonly choices?: readonly Choice[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown };
}

/** The body of `POST /chat/completions` for a query. */
export function toChatRequest({ model, query, maxTokens }: QueryRequest): Record<string, unknown> {
  const limit = takesCompletionTokens(model) ? 'max_completion_tokens' : 'max_tokens';
  return { model, messages: [{ role: 'user', content: query }], [limit]: maxTokens };
}

/** The o-series and gpt-5 refuse `max_tokens`, also by the name of a provider or of a tuned model. */
function takesCompletionTokens(model: string): boolean {
  return spellingsOf(model).some((name) => /^(ft:)?(o\d+|gpt-5)(?![a-z\d])/.test(name));
}

/** What an upstream's answer says: the text, if it is one, and what it cost. */
export interface ReadCompletion {
  /** As the upstream reports it; counted by us where it reports nothing, or nothing that can be. */
  readonly usage: CallUsage;
  /** The upstream told some usage itself. */
  readonly isReported: boolean;
  /** Throws UpstreamNonsenseError where there is no text. */
  answer(): QueryResult;
}

/** Reads an answer, whatever it is, and lets others have their turns. `promptTokens` is our own count of the query. */
export async function readChatCompletion(
  text: string,
  request: QueryRequest,
  promptTokens: number,
): Promise<ReadCompletion> {
  const completion = parse(text);
  const choice = completion?.choices?.[0];
  const written = writtenText(choice?.message);
  const { prompt_tokens, completion_tokens } = completion?.usage ?? {};
  const usage = {
    // No model answers without reading the query, nor writes a text of no tokens.
    promptTokens: believed({ prompt_tokens }, promptTokens > 0) ?? promptTokens,
    completionTokens:
      believed({ completion_tokens }, written !== '') ?? (await countTokensInTurns(written, request.model)),
  };
  return {
    usage,
    isReported: isPlausible(prompt_tokens) || isPlausible(completion_tokens),
    answer() {
      const content = choice?.message?.content;
      if (typeof content !== 'string') throw new UpstreamNonsenseError(whyNoText(choice));
      // The query's own name: what it is weighed by, whatever snapshot of the model answered.
      return { text: content, model: request.model, ...usage, simulated: false };
    },
  };
}

/** Everything in a message that the model wrote: also a refusal, its reasoning, and the arguments of tools. */
function writtenText(message: ChatMessage | undefined): string {
  const { content, refusal, reasoning_content: reasoning, tool_calls: tools } = message ?? {};
  const parts = [content, refusal, reasoning].filter((part): part is string => typeof part === 'string');
  return parts.join('\n') + (Array.isArray(tools) && tools.length > 0 ? JSON.stringify(tools) : '');
}

function whyNoText(choice: Choice | undefined): string {
  if (!choice) return 'The upstream sent something that is no chat completion';
  const { message, finish_reason: reason } = choice;
  if (typeof message?.refusal === 'string') return 'The model refused to answer';
  if (Array.isArray(message?.tool_calls)) return 'The model called a tool and wrote no text';
  if (reason === 'length') return 'The model used up max_tokens before it wrote a text; allow more';
  return 'The model answered without a text';
}

function parse(text: string): ChatCompletion | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as ChatCompletion | undefined;
  } catch {
    return undefined;
  }
}

/** The number that the upstream reports, but for nonsense and for a 0 that cannot be. */
function believed(reported: Record<string, unknown>, mustBeSome: boolean): number | undefined {
  const [[name, value]] = Object.entries(reported) as [[string, unknown]];
  if (isPlausible(value) && (value > 0 || !mustBeSome)) return value;
  if (value !== undefined && value !== null) logNonsense(name, value);
  return undefined;
}
