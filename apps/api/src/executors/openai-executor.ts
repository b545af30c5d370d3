import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { whenOver } from 'fairshare/redis';
import { Environment } from '../config/environment.js';
import type { QueryExecutor, QueryRequest, QueryResult } from './query-executor.js';
import { countTokens } from './tokenizer.js';
import { UpstreamBill, type UpstreamCall } from './upstream-bill.js';
import { readChatCompletion, toChatRequest } from './chat-completion.js';
import { AnswerTooLargeError } from './decode-body.js';
import { postJson, type PostReply } from './post-json.js';
import { faultOfRequest } from './refused-request.js';
import { retryAfterMs, retryPauseMs, shouldRetry } from './retry-after.js';
import {
  UpstreamError,
  UpstreamInvalidRequestError,
  UpstreamRefusedError,
  UpstreamTimeoutError,
  UpstreamUnreachableError,
} from './upstream.errors.js';

/** Far beyond any chat completion. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Asks any upstream that speaks OpenAI's chat completions. One deadline covers all attempts; 408, 409, 429, 5xx and
 * broken connections are tried again while there is time, unless x-should-retry says otherwise, after what Retry-After
 * asks for. Aborting ends it at once.
 * Each attempt that was sent is on the bill, unless the upstream said that it did nothing.
 */
@Injectable()
export class OpenAiExecutor implements QueryExecutor, OnApplicationShutdown {
  private readonly url: URL;
  private readonly agent: HttpAgent;

  constructor(@Inject(Environment) private readonly environment: Environment) {
    this.url = new URL(`${environment.OPENAI_BASE_URL.replace(/\/+$/, '')}/chat/completions`);
    this.agent = new (this.url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true });
  }

  /** Last: the runs of the worker and the requests that are still answered need it until they have ended. */
  onApplicationShutdown(): void {
    this.agent.destroy();
  }

  async execute(
    request: QueryRequest,
    signal: AbortSignal,
    bill = new UpstreamBill(countTokens(request.query, request.model)),
  ): Promise<QueryResult> {
    const deadline = new AbortController();
    const forget = whenOver(this.environment.OPENAI_TIMEOUT_MS, () => deadline.abort());
    try {
      return await this.askInTime(request, { signal, deadline: deadline.signal }, bill);
    } finally {
      forget();
    }
  }

  private async askInTime(
    request: QueryRequest,
    { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: AbortSignal },
    bill: UpstreamBill,
  ): Promise<QueryResult> {
    const { OPENAI_TIMEOUT_MS: timeoutMs, OPENAI_MAX_RETRIES: maxRetries } = this.environment;
    const endsAt = performance.now() + timeoutMs;
    const either = AbortSignal.any([signal, deadline]);
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await this.attempt(request, either, bill);
        signal.throwIfAborted();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.aborted) throw new UpstreamTimeoutError(`No answer within ${timeoutMs} ms`);
        if (!(error instanceof UpstreamError) || !error.retryable || attempt > maxRetries) throw error;
        const pauseMs = retryPauseMs(attempt, error.retryAfterMs, Math.random());
        // Told to come back after our time is over: whoever asked is told the same now.
        if (performance.now() + pauseMs >= endsAt) throw error;
        await pause(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  private async attempt(
    request: QueryRequest,
    signal: AbortSignal,
    bill: UpstreamBill,
  ): Promise<QueryResult> {
    let call: UpstreamCall | undefined;
    try {
      const { status, headers, text } = await this.post(request, signal, () => (call = bill.sent()));
      const completion = await readChatCompletion(text, request, bill.promptTokens);
      if (status >= 200 && status <= 299) {
        call?.used(completion.usage);
        return completion.answer();
      }
      if (completion.isReported) call?.used(completion.usage);
      else if (isRefusal(status)) call?.refused();
      throw this.refusal({ status, headers, text });
    } catch (error) {
      if (error instanceof AnswerTooLargeError) {
        call?.used({ promptTokens: bill.promptTokens, completionTokens: request.maxTokens });
      }
      if (error instanceof UpstreamError) throw error;
      // Why is of no use to a tenant, and addresses are nobody's business.
      throw new UpstreamUnreachableError('The upstream could not be reached or broke off');
    }
  }

  /** What the client got wrong is told to it, but for what the upstream wants tried again. */
  private refusal({ status, headers, text }: PostReply): UpstreamError {
    const retry = shouldRetry(headers);
    const fault = retry ? undefined : faultOfRequest(status, text, this.environment.OPENAI_API_KEY);
    if (fault !== undefined) return new UpstreamInvalidRequestError(status, fault);
    return new UpstreamRefusedError(status, retryAfterMs(headers, Date.now()), retry);
  }

  private post(request: QueryRequest, signal: AbortSignal, onSent: () => void): Promise<PostReply> {
    const { OPENAI_API_KEY: key, OPENAI_CONNECT_TIMEOUT_MS: connectTimeoutMs } = this.environment;
    return postJson({
      url: this.url,
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      body: toChatRequest(request),
      agent: this.agent,
      connectTimeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
      onSent,
    });
  }
}

/** Statuses that say that no work was done: redirects, the caller's mistakes, and 503 (RFC 9110, section 15.6.4). */
function isRefusal(status: number): boolean {
  return (status >= 300 && status <= 499) || status === 503;
}
