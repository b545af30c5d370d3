import { Inject, Injectable, Logger } from '@nestjs/common';
import { parseOperationId, parseTenantId, QuotaService } from 'fairshare/quota';
import { Environment } from '../../config/environment.js';
import { Problem } from '../../http/problem.js';
import { JobAcceptance } from '../../jobs/job-acceptance.js';
import { idempotencyChannel } from '../../signals/channels.js';
import { RedisSignals } from '../../signals/redis-signals.js';
import { type Claimed, IdempotencyStore, type KeptAnswer, type KeyedRequest } from './idempotency-store.js';

/** Signals are hints: a repeat that waits for the first request also looks this often, in ms. */
const LOOK_AGAIN_MS = 1_000;

/** Either this request is the one to do it, or what it came to is known. */
export type Turn = { readonly claimed: Claimed } | { readonly answer: KeptAnswer };

/** One request among those with the same key does the work; the others, on any node, get its answer. */
@Injectable()
export class KeyedRequests {
  private readonly logger = new Logger('KeyedRequests');

  constructor(
    private readonly store: IdempotencyStore,
    private readonly signals: RedisSignals,
    private readonly quota: QuotaService,
    private readonly jobs: JobAcceptance,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /**
   * Waits while another request with the key is under way, up to MAX_WAIT_SECONDS; then throws `conflict`. Throws
   * `idempotency_key_reused` for another body, and the signal's reason when it aborts.
   */
  async turnOf(request: KeyedRequest, signal: AbortSignal): Promise<Turn> {
    const first = await this.attempt(request);
    if (first) return first;
    const deadline = performance.now() + this.environment.MAX_WAIT_SECONDS * 1_000;
    let nudge: () => void = () => undefined;
    const stop = this.signals.listen(this.channel(request), (ended) => {
      if (ended === undefined || ended === request.keyHash) nudge();
    });
    const onAbort = () => nudge();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        const nudged = new Promise<void>((resolve) => (nudge = resolve));
        const turn = await this.attempt(request);
        if (turn) return turn;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) throw stillUnderWay();
        signal.throwIfAborted();
        await within(nudged, Math.min(leftMs, LOOK_AGAIN_MS));
        signal.throwIfAborted();
      }
    } finally {
      stop();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Keeps what the request came to. An answer that cannot be kept is given all the same. */
  async keep(claimed: Claimed, answer: KeptAnswer): Promise<void> {
    try {
      await this.store.keep(claimed, answer);
      await this.signals.tell(this.channel(claimed), claimed.keyHash);
    } catch (error) {
      this.logger.warn(`An answer was not kept for its Idempotency-Key: ${String(error)}`);
    }
  }

  /** Nothing came of it: who repeats the request, or waits for it already, does it. */
  async release(claimed: Claimed): Promise<void> {
    try {
      await this.store.release(claimed);
      await this.signals.tell(this.channel(claimed), claimed.keyHash);
    } catch (error) {
      this.logger.warn(`An Idempotency-Key stays taken until its lease ends: ${String(error)}`);
    }
  }

  private async attempt(request: KeyedRequest): Promise<Turn | undefined> {
    const reply = await this.store.claim(request, this.environment.QUOTA_LEASE_MS);
    if (reply.outcome === 'under_way') return undefined;
    if (reply.outcome === 'other_body') throw reused();
    if (reply.outcome === 'answered') return { answer: reply.answer };
    return reply.takenOver ? this.takeOver(reply) : { claimed: reply };
  }

  /** The former owner may have queued it, or charged it, and died before it could say so. */
  private async takeOver(claimed: Claimed): Promise<Turn> {
    const tenantId = parseTenantId(claimed.tenantId);
    const job = await this.jobs.find(claimed.operationId, tenantId);
    if (job) {
      const answer = { status: 202, headers: { Location: job.status_url }, body: job };
      await this.keep(claimed, answer);
      return { answer };
    }
    const operationId = parseOperationId(claimed.operationId);
    const { outcome } = await this.quota.cancel({ tenantId, operationId });
    // Charged already: under the same operation it runs again and costs nothing more.
    if (outcome === 'settled') return { claimed };
    return { claimed: await this.store.rename(claimed) };
  }

  private channel({ tenantId }: KeyedRequest): string {
    return idempotencyChannel(this.environment.REDIS_KEY_PREFIX, tenantId);
  }
}

function reused(): Problem {
  return new Problem(
    'idempotency_key_reused',
    'This Idempotency-Key came with another body before; send a new key with a new request.',
  );
}

function stillUnderWay(): Problem {
  return new Problem(
    'conflict',
    'The first request with this Idempotency-Key is still under way; repeat it.',
    {
      headers: { 'Retry-After': '1' },
    },
  );
}

async function within(event: Promise<void>, mostMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([event, new Promise<void>((resolve) => (timer = setTimeout(resolve, mostMs)))]);
  clearTimeout(timer);
}
