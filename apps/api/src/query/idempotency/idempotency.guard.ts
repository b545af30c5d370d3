import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../../config/environment.js';
import { goneSignal } from '../../http/gone-signal.js';
import { tenantOf } from '../../tenancy/tenant-resolver.js';
import { digest, fingerprintOf, idempotencyKeyOf } from './idempotency-key.js';
import { IdempotencyStore, type KeyedRequest } from './idempotency-store.js';
import type { KeyedOperation, Turn } from './keyed-operation.js';
import { KeyedRequests } from './keyed-requests.js';

const turns = new WeakMap<object, Turn>();

/** What a request with an Idempotency-Key is to do; undefined where it has no key. */
export function turnOf(request: object): Turn | undefined {
  return turns.get(request);
}

/** The id that the quota and the queue shall know the request's operation by; undefined: any. */
export function operationIdOf(request: object): string | undefined {
  const turn = turns.get(request);
  return turn && 'operation' in turn ? turn.operation.operationId : undefined;
}

/** Stands between the check of the body and the quota: a repeat with the same key reaches neither quota nor model. */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  constructor(
    private readonly requests: KeyedRequests,
    private readonly store: IdempotencyStore,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = idempotencyKeyOf(request.headers);
    if (key === undefined) return true;
    const keyed = {
      tenantId: tenantOf(request).tenantId,
      keyHash: digest(key),
      fingerprint: fingerprintOf(request.body),
    };
    await this.take(request, http.getResponse<FastifyReply>(), keyed);
    return true;
  }

  private async take(request: object, reply: FastifyReply, keyed: KeyedRequest): Promise<void> {
    const turn = await this.requests.turnOf(keyed, goneSignal(reply));
    turns.set(request, turn);
    if ('operation' in turn) this.hold(turn.operation, reply);
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
