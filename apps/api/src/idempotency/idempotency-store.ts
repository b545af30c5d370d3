import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BackgroundPrisma, Prisma, PrismaService } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';

const HOUR_MS = 3_600_000;

export interface KeyedRequest {
  readonly tenantId: string;
  /** SHA-256 of the key. */
  readonly keyHash: string;
  /** SHA-256 of the body. */
  readonly fingerprint: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Claimed extends KeyedRequest {
  readonly owner: string;
  /** Names the operation for the quota and, where it is queued, the job. */
  readonly operationId: string;
  /** Somebody else had it and fell silent: see first what they did. */
  readonly takenOver: boolean;
}

/** `abandoned`: whoever had it fell silent, or it is over; the next claim gets it. */
export type KeptState =
  | { readonly outcome: 'unknown' | 'abandoned' | 'under_way' | 'other_body' }
  | { readonly outcome: 'answered'; readonly answer: KeptAnswer };

interface KeptRow {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly is_over: boolean;
  readonly is_silent: boolean;
}

/**
 * What became of each keyed request. Kept in PostgreSQL, not in Redis: an answer must be there for
 * IDEMPOTENCY_RETENTION_HOURS even if Redis loses its memory, since a repeat would spend again; and rows on disk are
 * bounded by the answers a tenant's quota allows in that time, where Redis' memory is dear. It costs a request that
 * carries a key and is not refused a read and two writes by primary key.
 * The clock is the database's.
 */
@Injectable()
export class IdempotencyStore {
  private readonly keepMs: number;

  constructor(
    private readonly prisma: PrismaService,
    private readonly background: BackgroundPrisma,
    @Inject(Environment) environment: Environment,
  ) {
    this.keepMs = environment.IDEMPOTENCY_RETENTION_HOURS * HOUR_MS;
  }

  /** Reads, and writes nothing. `watching`: again and again, beside the requests. */
  async look({ tenantId, keyHash, fingerprint }: KeyedRequest, watching = false): Promise<KeptState> {
    const [row] = await (watching ? this.background : this.prisma).$queryRaw<KeptRow[]>`
      SELECT fingerprint, status, headers, body, expires_at <= now() AS is_over, locked_until <= now() AS is_silent
      FROM idempotency_keys WHERE tenant_id = ${tenantId} AND key_hash = ${keyHash}`;
    if (!row) return { outcome: 'unknown' };
    if (row.is_over) return { outcome: 'abandoned' };
    if (row.fingerprint !== fingerprint) return { outcome: 'other_body' };
    if (row.status === null) return { outcome: row.is_silent ? 'abandoned' : 'under_way' };
    const { status, headers, body } = row;
    return { outcome: 'answered', answer: { status, headers, body } };
  }

  /**
   * One statement decides who owns the key for `leaseMs`: the first, or who comes after the owner fell silent; undefined
   * where it is somebody else. What is taken over keeps the operation id of its former owner.
   */
  async claim(request: KeyedRequest, operationId: string, leaseMs: number): Promise<Claimed | undefined> {
    const { tenantId, keyHash, fingerprint } = request;
    const owner = randomUUID();
    const [claimed] = await this.prisma.$queryRaw<{ operation_id: string }[]>`
      INSERT INTO idempotency_keys AS kept
        (tenant_id, key_hash, fingerprint, operation_id, owner, locked_until, expires_at)
      VALUES (${tenantId}, ${keyHash}, ${fingerprint}, ${operationId}::uuid, ${owner}::uuid,
        now() + ${leaseMs} * interval '1 ms', now() + ${this.keepMs} * interval '1 ms')
      ON CONFLICT (tenant_id, key_hash) DO UPDATE SET
        owner = excluded.owner, locked_until = excluded.locked_until, expires_at = excluded.expires_at,
        fingerprint = excluded.fingerprint, status = NULL, headers = NULL, body = NULL,
        operation_id = CASE WHEN kept.expires_at <= now() THEN excluded.operation_id ELSE kept.operation_id END
      WHERE kept.expires_at <= now()
        OR (kept.status IS NULL AND kept.locked_until <= now() AND kept.fingerprint = excluded.fingerprint)
      RETURNING operation_id`;
    if (!claimed) return undefined;
    const takenOver = claimed.operation_id !== operationId;
    return { ...request, owner, operationId: claimed.operation_id, takenOver };
  }

  /** False where somebody else took it over. */
  async extend({ tenantId, keyHash, owner }: Claimed, leaseMs: number): Promise<boolean> {
    const extended = await this.prisma.$executeRaw`
      UPDATE idempotency_keys SET locked_until = now() + ${leaseMs} * interval '1 ms'
      WHERE tenant_id = ${tenantId} AND key_hash = ${keyHash} AND owner = ${owner}::uuid`;
    return extended > 0;
  }

  /** Gives the request a new operation, where that of its former owner came to nothing. */
  async rename(claimed: Claimed): Promise<Claimed> {
    const { tenantId, keyHash, owner } = claimed;
    const operationId = randomUUID();
    await this.prisma.idempotencyKey.updateMany({
      where: { tenantId, keyHash, owner },
      data: { operationId },
    });
    return { ...claimed, operationId };
  }

  /** Keeps the answer, unless somebody else took the request over. */
  async keep({ tenantId, keyHash, owner }: Claimed, answer: KeptAnswer): Promise<void> {
    await this.prisma.idempotencyKey.updateMany({
      where: { tenantId, keyHash, owner, status: null },
      data: {
        status: answer.status,
        headers: answer.headers,
        body: answer.body as Prisma.InputJsonValue,
      },
    });
  }

  /** Nothing was done under the key: the next request with it begins anew. */
  async release({ tenantId, keyHash, owner }: Claimed): Promise<void> {
    await this.prisma.idempotencyKey.deleteMany({ where: { tenantId, keyHash, owner, status: null } });
  }
}
