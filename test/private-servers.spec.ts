import { afterEach, describe, expect, it } from '@jest/globals';
import { redisReady } from 'fairshare/redis';
import pg from 'pg';
import { createTestDatabase } from './support/database.js';
import { startRedis, testRedis } from './support/redis.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe('the servers that tests run on', () => {
  it('are our own, whatever the shell says', () => {
    expect(process.env['DATABASE_URL']).toBeUndefined();
    expect(process.env['REDIS_URL']).toBeUndefined();
  });

  it('give each spec a migrated database of its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    open.push({ close: () => one.drop() }, { close: () => other.drop() });
    await rows(one.url, `DELETE FROM tiers WHERE name = 'pro'`);
    expect(await rows(one.url, 'SELECT name FROM tiers ORDER BY name')).toEqual([
      { name: 'enterprise' },
      { name: 'free' },
    ]);
    expect(await rows(other.url, 'SELECT name FROM tiers ORDER BY name')).toHaveLength(3);
  });

  it('share a Redis by prefix, and leave nothing behind', async () => {
    const one = await testRedis();
    const other = await testRedis();
    open.push(other);
    await one.client.set(`${one.prefix}:key`, 'value');
    await one.close();
    expect(one.prefix).not.toBe(other.prefix);
    expect(await other.client.exists(`${one.prefix}:key`)).toBe(0);
  });

  it('include a Redis to kill, which comes back on the same port', async () => {
    const own = await startRedis();
    open.push(own);
    await own.client.set('key', 'value');
    process.kill(own.pid, 'SIGKILL');
    await own.restart();
    await redisReady(own.client, 5_000);
    expect(await own.client.get('key')).toBeNull();
  });
});

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
