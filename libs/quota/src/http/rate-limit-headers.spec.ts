import { describe, expect, it } from '@jest/globals';
import { FakeQuota } from '../fake-quota.js';
import type { EffectiveLimit, LimitPeriod } from '../quota.types.js';
import { parseTenantId } from '../tenant-id.js';
import { writeRateLimitHeaders } from './rate-limit-headers.js';

const tenantId = parseTenantId('acme');
const MOST = 2 ** 53 - 1;

function limit(
  name: string,
  kind: EffectiveLimit['definition']['kind'],
  value: number,
  more: { period?: LimitPeriod; burst?: number } = {},
): EffectiveLimit {
  const definition = { id: 1, name, resource: name, kind, period: more.period };
  return { definition, value, burst: more.burst, source: 'tier' };
}

function quotaOf(...limits: EffectiveLimit[]): FakeQuota {
  const numbered = limits.map((one, index) => ({
    ...one,
    definition: { ...one.definition, id: index + 1 },
  }));
  return new FakeQuota({
    limits: {
      load: async () => ({
        tenantId,
        tier: 'any',
        status: 'active',
        weight: 1,
        queueDepth: 1,
        overflow: 'reject',
        version: 1,
        tierLimits: numbered.map(({ definition, value, burst }) => ({ definition, value, burst })),
        overrides: [],
      }),
      catalogue: async () => numbered.map(({ definition: { name, resource } }) => ({ name, resource })),
    } as never,
    resources: ['free'],
  });
}

async function headersOf(quota: FakeQuota, cost: Record<string, number>): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  writeRateLimitHeaders(
    await quota.check({ tenantId, cost }),
    (name, value) => (headers[name] = String(value)),
  );
  return headers;
}

/** A List of Structured Fields whose members are Strings with parameters (RFC 9651, 3.1). */
const MEMBER = String.raw`"[^"\\]*"(?:;[a-z][a-z0-9]*(?:=(?:\d{1,15}|"[^"\\]*"))?)*`;
const LIST = new RegExp(`^${MEMBER}(?:, ${MEMBER})*$`);

describe('the RateLimit headers', () => {
  it.each([
    ['a window', limit('a', 'window', 100, { period: 'hour' }), '"a";q=100;w=3600', '"a";r=100;t=3600'],
    ['a level', limit('a', 'level', 5), '"a";q=5', '"a";r=5'],
    ['slots', limit('a', 'concurrency', 5), '"a";q=5;qu="concurrent-requests"', '"a";r=5'],
    [
      'a bucket that is smaller than its rate',
      limit('a', 'bucket', 60, { period: 'minute', burst: 10 }),
      '"a";q=10;w=10;refill=60;per=60',
      '"a";r=10',
    ],
    [
      'a bucket that is greater than its rate',
      limit('a', 'bucket', 60, { period: 'minute', burst: 600 }),
      '"a";q=600;w=600;refill=60;per=60',
      '"a";r=600',
    ],
    [
      'a bucket that is full again at once',
      limit('a', 'bucket', 6_000, { period: 'minute', burst: 10 }),
      '"a";q=10;w=1;refill=6000;per=60',
      '"a";r=10',
    ],
    ['a bucket without a rate', limit('a', 'bucket', 0, { period: 'day', burst: 3 }), '"a";q=3', '"a";r=3'],
    ['a bucket of nothing', limit('a', 'bucket', 0, { period: 'day' }), '"a";q=0', '"a";r=0'],
    ['a great limit', limit('a', 'level', MOST - 1), '"a";q=999999999999999', '"a";r=999999999999999'],
    [
      'the greatest limit',
      limit('a', 'window', MOST, { period: 'hour' }),
      '"a";q=999999999999999;w=3600;unlimited',
      '"a";r=999999999999999;t=3600',
    ],
  ])('of %s say what is true', async (_, one, policy, state) => {
    const headers = await headersOf(quotaOf(one), {});
    expect(headers['RateLimit-Policy']).toBe(policy);
    expect(headers['RateLimit']).toBe(state);
    expect(policy).toMatch(LIST);
    expect(state).toMatch(LIST);
  });

  it('say of a resource without a limit that it has none', async () => {
    const headers = await headersOf(quotaOf(limit('a', 'level', 5)), { a: 1, free: 7 });
    expect(headers['RateLimit-Policy']).toBe('"a";q=5, "free";q=999999999999999;unlimited');
    expect(headers['RateLimit']).toBe('"a";r=5, "free";r=999999999999999');
  });

  it.each([
    [60, 10, 'minute'],
    [60, 600, 'minute'],
    [7, 3, 'minute'],
    [1_000, 7, 'hour'],
    [6_000, 10, 'minute'],
  ] as const)(
    'of %i with burst %i per %s never lead a client into a refusal',
    async (value, burst, period) => {
      const quota = quotaOf(limit('a', 'bucket', value, { period, burst }));
      const { 'RateLimit-Policy': policy } = await headersOf(quota, {});
      const [q, w] = [/q=(\d+)/, /w=(\d+)/].map((one) => Number(one.exec(policy!)![1]));
      for (let round = 0; round < 5; round += 1) {
        for (let one = 0; one < q!; one += 1)
          expect((await quota.spend({ tenantId, cost: { a: 1 } })).allowed).toBe(true);
        quota.nowMs += w! * 1_000;
      }
    },
  );
});
