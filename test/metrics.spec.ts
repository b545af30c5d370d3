import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0', WORKER: 'off' });
});
afterAll(() => api.close());

async function scrape(): Promise<Record<string, number>> {
  const answer = await fetch(`${api.url}/metrics`, { headers: { 'x-admin-key': ADMIN_KEY } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(
    samples.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

describe('GET /metrics', () => {
  it('shows requests, decisions, violated limits and the queue as it is now', async () => {
    await api.admin('POST', '/admin/quota/update', {
      tenant_id: 'tenant_test',
      limits: { queries_hourly: 1 },
      reason: 'Try',
    });
    for (const status of [200, 202, 202]) {
      expect((await api.query('tenant_test', 'Question')).status).toBe(status);
    }
    await api.query('tenant_123', 'Question', { model: 'nobody-knows-this-one' });
    await api.send('GET', '/no/such/path', { 'x-tenant-id': 'tenant_test' });

    const metrics = await scrape();
    const durations = 'fairshare_http_request_duration_seconds_count';
    expect(metrics).toMatchObject({
      [`${durations}{method="POST",route="/query",status="200"}`]: 2,
      [`${durations}{method="POST",route="/query",status="202"}`]: 2,
      [`${durations}{method="GET",route="unknown",status="404"}`]: 1,
      'fairshare_quota_decisions_total{outcome="allowed",mode="enforce"}': 2,
      'fairshare_quota_decisions_total{outcome="denied",mode="enforce"}': 2,
      'fairshare_quota_violations_total{limit="queries_hourly"}': 2,
      fairshare_quota_cached_tenants: 2,
      'fairshare_queue_jobs{state="waiting"}': 2,
      'fairshare_queue_tenants{state="ready"}': 1,
    });
    // Planned, then charged.
    expect(metrics['fairshare_quota_unknown_model_lookups']).toBe(2);
    expect(metrics['fairshare_queue_oldest_age_seconds{scope="all"}']).toBeGreaterThan(0);
  });

  it('shows what happened since, and no tenant', async () => {
    await api.admin('POST', '/admin/queue/purge', { tenant_id: 'tenant_test' });
    const metrics = await scrape();
    expect(metrics['fairshare_queue_jobs{state="waiting"}']).toBe(0);
    expect(Object.keys(metrics).join()).not.toContain('tenant_test');
  });

  it('is for operators', async () => {
    expect(await api.get('tenant_test', '/metrics')).toMatchObject({ status: 401 });
  });
});
