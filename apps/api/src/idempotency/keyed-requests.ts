import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { parseOperationId, parseTenantId, QuotaService } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { Problem } from '../problems/problem.js';
import { JobAcceptance } from '../jobs/job-acceptance.js';
import { idempotencyChannel } from '../signals/channels.js';
import { RedisSignals } from '../signals/redis-signals.js';
import { type Claimed, IdempotencyStore, type KeptAnswer, type KeyedRequest } from './idempotency-store.js';
import { KeyWatch } from './key-watch.js';
import { KeyedOperation, type Turn, TurnLostError } from './keyed-operation.js';

/** Signals are hints: a watch whose request is done on another node also looks this often, in ms. */
const LOOK_AGAIN_MS = 1_000;
/** Requests of one node that may wait for the same key, and for all keys of a tenant. */
const MOST_WAITERS_OF_A_KEY = 100;
const MOST_WAITERS_OF_A_TENANT = 500;

/**
 * One request among those with the same key does the work; the others, on any node, get its answer. However many wait
 * on this node, one watch looks for them, and none looks while the request is done here. Nothing is written for a key
 * before something is done for its request.
 */
@Injectable()
export class KeyedRequests {
  private readonly logger = new Logger('KeyedRequests');
  private readonly watches = new Map<string, KeyWatch>();
  private readonly waiting = new Map<string, number>();

  constructor(
    private readonly store: IdempotencyStore,
    private readonly signals: RedisSignals,
    private readonly quota: QuotaService,
    private readonly jobs: JobAcceptance,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** Requests of this node that wait now. */
  get waiters(): number {
    return [...this.waiting.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Waits while another request with the key is under way, up to MAX_WAIT_SECONDS; then throws `conflict`, and at once
   * where too many wait already. Throws `idempotency_key_reused` for another body, and the signal's reason when it aborts.
   */
  async turnOf(request: KeyedRequest, signal: AbortSignal): Promise<Turn> {
    const known = this.watches.get(nameOf(request));
    if (known) return this.join(known, request, signal);
    const watch = new KeyWatch();
    watch.isOwnedHere = true; // until it has looked
    this.watches.set(nameOf(request), watch);
    try {
      const turn = await this.look(request);
      if (turn && 'operation' in turn) return turn;
      if (turn) this.endWatch(request, turn);
      else this.disown(watch, request);
      return turn ?? (await this.join(watch, request, signal));
    } catch (error) {
      watch.fail(error as Error);
      this.endWatch(request);
      throw error;
    }
  }

  /**
   * Takes the key, once something is to be done. Throws TurnLostError where another node was faster; what was begun is
   * to be given back then, and `turnOf` tells what came of it.
   */
  async begin(operation: KeyedOperation): Promise<void> {
    if (operation.claimed) return;
    const { request, operationId } = operation;
    operation.claimed = await this.store.claim(request, operationId, this.environment.QUOTA_LEASE_MS);
    operation.isEnded = !operation.claimed;
    if (operation.claimed) return;
    this.ended(operation);
    throw new TurnLostError();
  }

  /** Keeps what the request came to. An answer that cannot be kept is given all the same. */
  async keep(operation: KeyedOperation, answer: KeptAnswer): Promise<void> {
    const { request, claimed } = operation;
    operation.isEnded = true;
    try {
      if (claimed) await this.store.keep(claimed, answer);
      await this.signals.tell(this.channel(request), request.keyHash);
    } catch (error) {
      this.logger.warn(`An answer was not kept for its Idempotency-Key: ${String(error)}`);
    }
    this.endWatch(request, { answer });
  }

  /** Nothing came of it: who repeats the request, or waits for it already, does it. */
  async release(operation: KeyedOperation): Promise<void> {
    if (operation.isEnded) return;
    const { request, claimed } = operation;
    operation.isEnded = true;
    try {
      if (claimed) {
        await this.store.release(claimed);
        await this.signals.tell(this.channel(request), request.keyHash);
      }
    } catch (error) {
      this.logger.warn(`An Idempotency-Key stays taken until its lease ends: ${String(error)}`);
    }
    this.ended(operation);
  }

  /** This node does it no longer, whatever came of it: those who wait here look for themselves. */
  private ended({ request }: KeyedOperation): void {
    const watch = this.watches.get(nameOf(request));
    if (watch?.isOwnedHere) this.disown(watch, request);
  }

  private async join(watch: KeyWatch, request: KeyedRequest, signal: AbortSignal): Promise<Turn> {
    const { tenantId } = request;
    const ofTenant = this.waiting.get(tenantId) ?? 0;
    if (watch.size >= MOST_WAITERS_OF_A_KEY || ofTenant >= MOST_WAITERS_OF_A_TENANT) throw stillUnderWay();
    this.waiting.set(tenantId, ofTenant + 1);
    try {
      const mostMs = this.environment.MAX_WAIT_SECONDS * 1_000;
      return await watch.join({ mostMs, signal, late: stillUnderWay });
    } finally {
      const left = this.waiting.get(tenantId)! - 1;
      if (left > 0) this.waiting.set(tenantId, left);
      else this.waiting.delete(tenantId);
    }
  }

  private disown(watch: KeyWatch, request: KeyedRequest): void {
    watch.isOwnedHere = false;
    void this.drive(watch, request);
  }

  /** Looks for all who wait, until a request of this node is the one to do it, or all have their answer. */
  private async drive(watch: KeyWatch, request: KeyedRequest): Promise<void> {
    await Promise.resolve(); // who made the watch joins first
    const stop = this.signals.listen(this.channel(request), (ended) => {
      if (ended === undefined || ended === request.keyHash) watch.nudge();
    });
    try {
      while (watch.size > 0) {
        const turn = await this.look(request, true);
        if (turn && 'answer' in turn) return this.endWatch(request, turn);
        if (turn) {
          watch.isOwnedHere = watch.handOver(turn);
          if (watch.isOwnedHere) return;
          await this.release(turn.operation);
        } else await watch.rest(LOOK_AGAIN_MS);
      }
      this.endWatch(request);
    } catch (error) {
      watch.fail(error as Error);
      this.endWatch(request);
    } finally {
      stop();
    }
  }

  private endWatch(request: KeyedRequest, turn?: Turn): void {
    const watch = this.watches.get(nameOf(request));
    this.watches.delete(nameOf(request));
    if (watch && turn) watch.answer(turn);
  }

  /** undefined while another node does it. */
  private async look(request: KeyedRequest, watching = false): Promise<Turn | undefined> {
    const reply = await this.store.look(request, watching);
    if (reply.outcome === 'under_way') return undefined;
    if (reply.outcome === 'other_body') throw reused();
    if (reply.outcome === 'answered') return { answer: reply.answer };
    const operationId = randomUUID();
    const operation = new KeyedOperation(request, operationId);
    if (reply.outcome === 'unknown') return { operation };
    const claimed = await this.store.claim(request, operationId, this.environment.QUOTA_LEASE_MS);
    if (!claimed) return undefined;
    return claimed.takenOver ? this.takeOver(claimed) : { operation: owning(claimed) };
  }

  /** The former owner may have queued it, or charged it, and died before it could say so. */
  private async takeOver(claimed: Claimed): Promise<Turn> {
    const tenantId = parseTenantId(claimed.tenantId);
    const job = await this.jobs.find(claimed.operationId, tenantId);
    if (job) {
      const answer = { status: 202, headers: { Location: job.status_url }, body: job };
      await this.keep(owning(claimed), answer);
      return { answer };
    }
    const operationId = parseOperationId(claimed.operationId);
    const { outcome } = await this.quota.cancel({ tenantId, operationId });
    // Charged already: under the same operation it runs again and costs nothing more.
    if (outcome === 'settled' || outcome === 'spent') return { operation: owning(claimed) };
    return { operation: owning(await this.store.rename(claimed)) };
  }

  private channel({ tenantId }: KeyedRequest): string {
    return idempotencyChannel(this.environment.REDIS_KEY_PREFIX, tenantId);
  }
}

function owning(claimed: Claimed): KeyedOperation {
  const { tenantId, keyHash, fingerprint } = claimed;
  const operation = new KeyedOperation({ tenantId, keyHash, fingerprint }, claimed.operationId);
  operation.claimed = claimed;
  return operation;
}

/** Requests with another body are not of the same kind: PostgreSQL tells which of them was first. */
function nameOf({ tenantId, keyHash, fingerprint }: KeyedRequest): string {
  return `${keyHash} ${fingerprint} ${tenantId}`;
}

function reused(): Problem {
  return new Problem(
    'idempotency_key_reused',
    'This Idempotency-Key came with another request before; send a new key with a new request.',
  );
}

export function stillUnderWay(): Problem {
  return new Problem(
    'conflict',
    'The first request with this Idempotency-Key is still under way; repeat it.',
    {
      headers: { 'Retry-After': '1' },
    },
  );
}
