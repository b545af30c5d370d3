import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HealthChecks, type HealthReport } from '../apps/api/src/health/health-checks.js';
import { startApi, type TestApi } from './support/api.js';

/** Readiness is made of named checks: what is down takes the process out of service, what is degraded is only named. */
describe('readiness', () => {
  let api: TestApi;
  let report: HealthReport = { state: 'up' };

  beforeAll(async () => {
    api = await startApi({ WORKER: 'off' });
    api.app.get(HealthChecks).register('a_part', async () => report);
  });

  afterAll(() => api.close());

  it('names every check', async () => {
    const { status, body } = await api.send('GET', '/health/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', postgres: 'up', redis: 'up' });
    expect(body.checks).toEqual(
      expect.arrayContaining([
        { name: 'postgres', state: 'up', detail: null },
        { name: 'redis', state: 'up', detail: null },
        { name: 'a_part', state: 'up', detail: null },
      ]),
    );
  });

  it.each([
    ['degraded', 200],
    ['down', 503],
  ] as const)(
    'a check that is %s answers %i on /health/ready and 200 on /health',
    async (state, expected) => {
      report = { state, detail: 'look here' };
      const [ready, health] = [await api.send('GET', '/health/ready'), await api.send('GET', '/health')];
      expect([ready.status, health.status]).toEqual([expected, 200]);
      for (const { body } of [ready, health]) {
        expect(body.status).toBe('degraded');
        expect(body.checks).toContainEqual({ name: 'a_part', state, detail: 'look here' });
      }
    },
  );
});
