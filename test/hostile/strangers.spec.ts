import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LimitCache, parseTenantId, UnknownTenantError } from 'fairshare/quota';
import { startApi, type TestApi } from '../support/api.js';
import { logSql, type SqlLog } from '../support/sql-log.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** More than the cache remembers of tenants (10,000) and of names that are none (1,000). */
const BY_CACHE = 20_000;
const BY_HTTP = 200;
const AT_ONCE = 50;
const MOST_REMEMBERED = 1_000;

let api: TestApi;
let sql: SqlLog;

beforeAll(async () => {
  sql = logSql();
  api = await startApi({ WORKER: 'off', FREE_REQUEST_LIMITS: 'false' });
});
afterAll(async () => {
  sql.stop();
  await api.close();
});

/** Does it for each number below `count`, some at once. */
async function each(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const turns = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turns));
}

describe('names of tenants that do not exist', () => {
  it('push no tenant out of the memory of a node, however many come', async () => {
    const tenants = await Promise.all([newTenant(api), newTenant(api), newTenant(api)]);
    for (const tenant of tenants) expect((await api.query(tenant, 'known')).status).toBe(200);
    await each(BY_HTTP, async (n) => {
      const { status } = await api.get(`nobody-${n}`, '/jobs');
      if (status !== 401) throw new Error(`${status} for a tenant that does not exist`);
    });
    const cache = api.app.get(LimitCache);
    // As they come to the cache from whatever asks for limits; the source is not what is tried.
    const { source } = cache as unknown as { source: { load(id: string): Promise<unknown> } };
    const load = source.load.bind(source);
    source.load = () => Promise.resolve(undefined);
    try {
      await each(BY_CACHE, (n) =>
        cache.get(parseTenantId(`stranger-${n}`)).then(
          () => Promise.reject(new Error('It has limits')),
          (error: unknown) => {
            if (!(error instanceof UnknownTenantError)) throw error;
          },
        ),
      );
    } finally {
      source.load = load;
    }
    expect(cache.size).toBeLessThanOrEqual(MOST_REMEMBERED + tenants.length);
    sql.clear();
    for (const tenant of tenants) expect((await api.query(tenant, 'still known')).status).toBe(200);
    expect(sql.statements()).toEqual([]);
    tried('stranger', BY_HTTP + BY_CACHE);
  }, 60_000);
});
