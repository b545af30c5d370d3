import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { startApi, type TestApi } from '../support/api.js';
import { completion, type OpenAiServer, refusal, startOpenAi } from '../support/openai-server.js';
import { exhaustedTenant, setLimits } from '../support/tenants.js';

let upstream: OpenAiServer;
let api: TestApi;
let queue: FairQueue;

beforeAll(async () => {
  upstream = await startOpenAi();
  const openai = { EXECUTOR: 'openai', OPENAI_API_KEY: 'sk-secret', OPENAI_MAX_RETRIES: '0' };
  api = await startApi({ ...openai, OPENAI_BASE_URL: upstream.url });
  queue = api.app.get(FairQueue);
});
afterAll(async () => {
  await api.close();
  await upstream.close();
});

const checkOf = async () =>
  ((await api.send('GET', '/health/ready')).body.checks as { name: string; state: string }[]).find(
    ({ name }) => name === 'upstream',
  )?.state;
const isFailing = async () => (await api.send('GET', '/queue/stats')).body.upstream_failing as boolean;

describe('an upstream that fails', () => {
  it('pauses the jobs, spends no attempt of those that wait, and lets them run once it answers', async () => {
    const tenantId = await exhaustedTenant(api);
    const jobIds: string[] = [];
    for (let job = 0; job < 12; job += 1) {
      jobIds.push((await api.query(tenantId, `question ${job}`)).body.job_id as string);
    }
    upstream.next(refusal(500));
    await setLimits(api, tenantId, { queries_hourly: 1_000 });
    while (!(await isFailing()));
    expect(await checkOf()).toBe('degraded');
    // Probes fail as well, more often than a job has attempts.
    for (let probe = 0; probe < 3; probe += 1) await upstream.received();
    expect((await queue.tenantStats(tenantId)).dead).toBe(0);

    upstream.next(completion('fine'));
    for (const jobId of jobIds) {
      const ended = await queue.finished({ jobId, tenantId, timeoutMs: 20_000 });
      expect(ended).toMatchObject({ state: 'succeeded' });
      expect(ended!.attempts).toBeLessThanOrEqual(3);
    }
    expect([await checkOf(), await isFailing()]).toEqual(['up', false]);
  });
});
