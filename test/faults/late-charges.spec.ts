import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, startApi, type TestApi } from '../support/api.js';
import { holdExecutor } from '../support/held-executor.js';
import { type OwnRedis, startRedis } from '../support/redis.js';
import { limitOf, newTenant } from '../support/tenants.js';

const KEY = { 'idempotency-key': '"paid-once"' };

let redis: OwnRedis;
let api: TestApi;
let tenantId: string;

beforeAll(async () => {
  redis = await startRedis();
  api = await startApi({ REDIS_URL: redis.url, WORKER: 'off', QUOTA_DEADLINE_MS: '300' });
});
afterAll(async () => {
  await api.close();
  await redis.close();
});
beforeEach(async () => {
  tenantId = await newTenant(api);
});

const ask = () => api.send('POST', '/query', { 'x-tenant-id': tenantId, ...KEY }, { query: 'patient' });

/** Asks a query whose answer comes while Redis is away: `loseRedis` is called when the upstream has it. */
async function answerWithout(loseRedis: () => unknown): Promise<Answer> {
  const held = holdExecutor(api);
  const asked = ask();
  await held.began();
  await loseRedis();
  held.restore();
  return asked;
}

/** Until nothing is pending any more. */
async function allCharged(): Promise<void> {
  while ((await api.prisma.pendingCharge.count()) > 0) await pause(20);
}

describe('a charge that Redis does not take', () => {
  it('is pending in the answer, and made once when Redis answers again', async () => {
    const answer = await answerWithout(() => process.kill(redis.pid, 'SIGSTOP'));
    expect(answer).toMatchObject({ status: 200, body: { status: 'succeeded', charge: 'pending' } });
    expect(await api.prisma.pendingCharge.count()).toBe(1);
    process.kill(redis.pid, 'SIGCONT');
    await allCharged();
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 1, held: 0 });
    expect((await ask()).body).toEqual(answer.body);
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 1, held: 0 });
  });

  it('is made once where Redis comes back without its memory', async () => {
    const answer = await answerWithout(() => redis.stop());
    expect(answer).toMatchObject({ status: 200, body: { charge: 'pending' } });
    await redis.restart();
    await allCharged();
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 1, held: 0 });
  });

  it('is dropped where its tenant is gone', async () => {
    await api.prisma.pendingCharge.create({
      data: { tenantId: 'gone', operationId: 'op-1', cost: { queries: 1 }, dueAt: new Date(0) },
    });
    await allCharged();
    expect(await api.prisma.tenant.count({ where: { id: 'gone' } })).toBe(0);
  });
});
