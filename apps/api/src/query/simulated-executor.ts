import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { ProcessorSharing } from './processor-sharing.js';
import type { QueryExecutor, QueryRequest, QueryResult } from './query-executor.js';
import { countTokens } from './tokenizer.js';

const WORDS = (
  'quota tenant window queue fair share token limit hold lease worker cluster weight tier policy counter ' +
  'request answer turn slot time clock ledger journal key shard bound cost unit order'
).split(' ');

/**
 * A model that only pretends: the same query gives the same text and token counts, and takes time that grows with its
 * tokens and, past SIMULATED_CAPACITY concurrent queries, with the load. Every answer says that it is simulated.
 */
@Injectable()
export class SimulatedExecutor implements QueryExecutor {
  private readonly server: ProcessorSharing;

  constructor(@Inject(Environment) private readonly environment: Environment) {
    this.server = new ProcessorSharing(environment.SIMULATED_CAPACITY);
  }

  async execute(request: QueryRequest, signal: AbortSignal): Promise<QueryResult> {
    const text = makeUpAnswer(request);
    const promptTokens = countTokens(request.query, request.model);
    const completionTokens = countTokens(text, request.model);
    await this.server.serve(this.workMs(promptTokens, completionTokens), signal);
    return { text, model: request.model, promptTokens, completionTokens, simulated: true };
  }

  /** Reading is ten times as fast as writing. */
  private workMs(promptTokens: number, completionTokens: number): number {
    const { SIMULATED_BASE_LATENCY_MS: baseMs, SIMULATED_MS_PER_TOKEN: msPerToken } = this.environment;
    return baseMs + msPerToken * (completionTokens + promptTokens / 10);
  }
}

/** Words drawn by a hash of the query, within its token limit. */
function makeUpAnswer(request: QueryRequest): string {
  const digest = createHash('sha256').update(`${request.model}\n${request.query}`).digest();
  const wanted = 8 + (digest[0]! % 24);
  const answer = Array.from(
    { length: wanted },
    (_, index) => WORDS[digest[(index + 1) % 32]! % WORDS.length]!,
  );
  while (answer.length > 1 && countTokens(answer.join(' '), request.model) > request.maxTokens) answer.pop();
  return answer.join(' ');
}
