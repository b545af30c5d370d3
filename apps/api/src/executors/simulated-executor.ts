import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { ProcessorSharing } from './processor-sharing.js';
import type { QueryExecutor, QueryRequest, QueryResult } from './query-executor.js';
import { countTokens } from './tokenizer.js';
import { type CallUsage, UpstreamBill } from './upstream-bill.js';

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
  /** Everything it has done since it was made, as an upstream would bill it. */
  readonly work = { queries: 0, promptTokens: 0, completionTokens: 0 };
  private readonly server: ProcessorSharing;

  constructor(@Inject(Environment) private readonly environment: Environment) {
    this.server = new ProcessorSharing(environment.SIMULATED_CAPACITY);
  }

  async execute(
    request: QueryRequest,
    signal: AbortSignal,
    bill = new UpstreamBill(countTokens(request.query, request.model)),
  ): Promise<QueryResult> {
    signal.throwIfAborted();
    const text = makeUpAnswer(request);
    const { promptTokens } = bill;
    const completionTokens = countTokens(text, request.model);
    const call = bill.sent();
    const share = await this.server.serve(this.workMs(promptTokens, completionTokens), signal);
    const done = { promptTokens, completionTokens: Math.floor(completionTokens * share) };
    this.note(done);
    call.used(done);
    signal.throwIfAborted();
    return { text, model: request.model, ...done, simulated: true };
  }

  private note({ promptTokens, completionTokens }: CallUsage): void {
    this.work.queries += 1;
    this.work.promptTokens += promptTokens;
    this.work.completionTokens += completionTokens;
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
