import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startApi, type TestApi } from '../support/api.js';
import { holdExecutor } from '../support/held-executor.js';
import { countWrites } from '../support/sql-log.js';
import { exhaustedTenant, newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const FREE_A_MINUTE = 120;
/** What one free request, or one KiB of a queued text, may make PostgreSQL keep, in bytes. */
const KEPT_BYTES = 4_096;
/** Rows that one queued and cancelled query may make it write. */
const ROWS_OF_A_QUERY = 4;
/** A file of a table grows by whole pages, several at once; each of its indexes is one. */
const SLACK_BYTES = 262_144;
const REPEATS = 800;
const MOST_COMMITS = REPEATS / 2;

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
  await api.prisma.tier.create({
    data: { name: 'small', queueDepth: 50, overflow: 'queue', freeRequestsPerMinute: FREE_A_MINUTE },
  });
});
afterAll(() => api.close());

/** Words that do not compress to nothing. */
function textOf(bytes: number): string {
  let text = '';
  while (text.length < bytes) text += `${randomUUID()} `;
  return text.slice(0, bytes);
}

async function bytesOfJobs(): Promise<number> {
  const [row] = await api.prisma.$queryRaw<
    { bytes: bigint }[]
  >`SELECT pg_total_relation_size('jobs') AS bytes`;
  return Number(row!.bytes);
}

describe('a tenant out of quota that queues and cancels in a loop', () => {
  it.each([10, 1_000, 5_000, 20_000])(
    'writes what its free requests allow: queries of %d bytes',
    async (size) => {
      const tenant = await exhaustedTenant(api);
      await api.admin('PATCH', `/admin/tenants/${tenant}`, { tier: 'small' });
      const [written, kept, startedAt] = [await countWrites(api), await bytesOfJobs(), performance.now()];
      let accepted = 0;
      for (let refused = 0; refused < 5;) {
        const { status, body } = await api.query(tenant, textOf(size));
        if (status === 429 && body.code === 'too_many_requests') refused += 1;
        else expect(status).toBe(202);
        if (status !== 202) continue;
        accepted += 1;
        await api.send('DELETE', `/jobs/${body.job_id}`, { 'x-tenant-id': tenant });
      }
      const minutes = (performance.now() - startedAt) / 60_000;
      const cost = Math.ceil(size / 1_024);
      // A minute's worth at once, and one query on credit.
      const most = FREE_A_MINUTE * (1 + minutes) + cost;
      expect(accepted * cost).toBeLessThanOrEqual(most);
      expect(await written()).toBeLessThanOrEqual(accepted * ROWS_OF_A_QUERY);
      expect((await bytesOfJobs()) - kept).toBeLessThanOrEqual(most * KEPT_BYTES + SLACK_BYTES);
      tried('loop', accepted);
    },
  );
});

describe(`${REPEATS} repeats of one Idempotency-Key`, () => {
  it('make a few commits, and others see no 503', async () => {
    const node = await startApi({ WORKER: 'off', FREE_REQUEST_LIMITS: 'false' }, api.data);
    const [tenant, other] = [await newTenant(api), await newTenant(api)];
    const key = { 'x-tenant-id': tenant, 'idempotency-key': randomUUID() };
    const before = await commitsOf(api);
    const held = holdExecutor(node);
    const ask = () => node.send('POST', '/query', key, { query: 'once' }).then(({ status }) => status);
    try {
      const first = ask();
      await held.began();
      let refused = 0;
      const repeats = Array.from({ length: REPEATS }, async () => {
        const status = await ask();
        if (status === 409) refused += 1;
        return status;
      });
      // A hundred wait for the answer.
      while (refused < REPEATS - 100) expect((await node.get(other, '/jobs')).status).toBe(200);
      held.release();
      expect(await first).toBe(200);
      expect(new Set(await Promise.all(repeats))).toEqual(new Set([200, 409]));
    } finally {
      held.restore();
      // A connection tells what it committed when it ends.
      await node.close();
    }
    expect((await commitsOf(api)) - before).toBeLessThan(MOST_COMMITS);
    tried('repeated key', REPEATS);
  }, 90_000);
});

async function commitsOf({ data }: TestApi): Promise<number> {
  const client = new pg.Client({ connectionString: data['DATABASE_URL'] });
  await client.connect();
  try {
    const { rows } = await client.query<{ n: string }>(
      'SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0]!.n);
  } finally {
    await client.end();
  }
}
