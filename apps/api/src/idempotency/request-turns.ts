import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { goneSignal } from '../http/gone-signal.js';
import { nameOperation } from '../http/operation-name.js';
import { tenantOf } from '../tenancy/tenant-resolver.js';
import { digest, fingerprintOf, idempotencyKeyOf } from './idempotency-key.js';
import { IdempotencyStore } from './idempotency-store.js';
import type { KeyedOperation, Turn } from './keyed-operation.js';
import { KeyedRequests } from './keyed-requests.js';

const turns = new WeakMap<object, Turn>();

/** What a request with an Idempotency-Key is to do; undefined where it has no key. */
export function turnOf(request: object): Turn | undefined {
  return turns.get(request);
}

/** Gives each request with an Idempotency-Key its turn: to do the work, or to get the answer that is known. */
@Injectable()
export class RequestTurns {
  constructor(
    private readonly requests: KeyedRequests,
    private readonly store: IdempotencyStore,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** undefined where the request has no key. */
  async take(request: FastifyRequest, reply: FastifyReply): Promise<Turn | undefined> {
    const key = idempotencyKeyOf(request.headers);
    if (key === undefined) return undefined;
    const keyed = {
      tenantId: tenantOf(request).tenantId,
      keyHash: digest(key),
      fingerprint: fingerprintOf(request),
    };
    const turn = await this.requests.turnOf(keyed, goneSignal(reply));
    turns.set(request, turn);
    if ('operation' in turn) {
      nameOperation(request, turn.operation.operationId);
      this.hold(turn.operation, reply);
    }
    return turn;
  }

  /** The request has a key that nobody has taken yet. */
  mayBegin(request: FastifyRequest): boolean {
    const turn = turnOf(request);
    return turn !== undefined && 'operation' in turn && !turn.operation.claimed;
  }

  /** Takes the key of a request whose handler is about to do something. Throws TurnLostError where another was faster. */
  async begin(request: FastifyRequest): Promise<void> {
    const turn = turnOf(request);
    if (turn && 'operation' in turn) await this.requests.begin(turn.operation);
  }

  /** The key is this request's until it is answered; what ended without an answer to keep gives it back. */
  private hold(operation: KeyedOperation, reply: FastifyReply): void {
    const { QUOTA_LEASE_MS: leaseMs } = this.environment;
    const lease = setInterval(() => {
      if (operation.claimed) void this.store.extend(operation.claimed, leaseMs).catch(() => undefined);
    }, leaseMs / 3);
    const end = () => {
      clearInterval(lease);
      // What was refused before anything was done for it; the others are ended where they are answered.
      if (!operation.claimed) void this.requests.release(operation);
    };
    if (reply.raw.closed) end();
    else reply.raw.once('close', end);
  }
}
