import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startApi, type TestApi } from './support/api.js';
import { newTenant } from './support/tenants.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ QUOTA_DEADLINE_MS: '5000' });
});
afterAll(() => api.close());

/** What the headers of a guarded answer say, the varying parts left out. */
const headersOf = ({ status, headers }: Answer) => ({
  status,
  policy: /"queries_hourly";q=\d+;w=3600/.exec(headers.get('ratelimit-policy') ?? '')?.[0],
  left: /"queries_hourly";r=\d+;t=\d+/.exec(headers.get('ratelimit') ?? '')?.[0].replace(/t=\d+/, 't'),
  retryAfter: Number(headers.get('retry-after') ?? 0) > 0,
  requestId: /^[0-9a-f-]{36}$/.test(headers.get('x-request-id') ?? ''),
});

describe('every guarded answer', () => {
  it('carries the limits and its request id, and when to come back where that helps', async () => {
    const tenant = await newTenant(api, { queries_hourly: 1 });
    const policy = '"queries_hourly";q=1;w=3600';
    const left = '"queries_hourly";r=0;t';
    expect(headersOf(await api.query(tenant, 'now'))).toEqual({
      status: 200,
      policy,
      left,
      retryAfter: false,
      requestId: true,
    });
    expect(headersOf(await api.query(tenant, 'queued'))).toEqual({
      status: 202,
      policy,
      left,
      retryAfter: true,
      requestId: true,
    });
    await api.prisma.tier.update({ where: { name: 'free' }, data: { queueDepth: 1 } });
    const refusing = await startApi({ QUOTA_DEADLINE_MS: '5000' }, api.data);
    try {
      const refused = await refusing.query(tenant, 'too many');
      expect(refused.body.code).toBe('queue_full');
      expect(headersOf(refused)).toEqual({ status: 429, policy, left, retryAfter: true, requestId: true });
    } finally {
      await refusing.close();
    }
  });
});
