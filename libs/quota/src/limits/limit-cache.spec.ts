import { beforeEach, describe, expect, it } from '@jest/globals';
import { QuotaUnavailableError, UnknownTenantError } from '../quota.errors.js';
import { RedisClock } from '../redis-clock.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import { LimitCache } from './limit-cache.js';
import type { LimitSource, TenantLimitsSnapshot } from './limit-source.js';

const acme = parseTenantId('acme');

function snapshot(version: number, more: Partial<TenantLimitsSnapshot> = {}): TenantLimitsSnapshot {
  const fixed = { tier: 'free', status: 'active', weight: 1, queueDepth: 1, overflow: 'queue' } as const;
  return { tenantId: acme, ...fixed, version, tierLimits: [], overrides: [], ...more };
}

/** A source that answers when the test says so. */
class SlowSource implements LimitSource {
  readonly waiting: { resolve: (snapshot?: TenantLimitsSnapshot) => void; reject: (error: Error) => void }[] =
    [];
  loads = 0;
  answer: (() => TenantLimitsSnapshot | undefined) | undefined;

  catalogue = async () => [];

  load(_: TenantId): Promise<TenantLimitsSnapshot | undefined> {
    this.loads += 1;
    if (this.answer) return Promise.resolve().then(this.answer);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}

let source: SlowSource;
let nowMs: number;
let cache: LimitCache;
beforeEach(() => {
  source = new SlowSource();
  nowMs = 1_000;
  cache = new LimitCache(source, { jitter: 0, maxTenants: 3 }, new RedisClock(() => 0), () => nowMs);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('LimitCache', () => {
  it('loads once for all who ask at once', async () => {
    const answers = Promise.all([cache.get(acme), cache.get(acme), cache.get(acme)]);
    await turn();
    source.waiting[0]!.resolve(snapshot(1));
    expect((await answers).map(({ version }) => version)).toEqual([1, 1, 1]);
    expect(source.loads).toBe(1);
  });

  it('serves from memory for its time and refreshes ahead of the end', async () => {
    source.answer = () => snapshot(source.loads);
    await cache.get(acme);
    nowMs += 47_000;
    expect((await cache.get(acme)).version).toBe(1);
    expect(source.loads).toBe(1);
    nowMs += 2_000;
    expect((await cache.get(acme)).version).toBe(1);
    await turn();
    expect((await cache.get(acme)).version).toBe(2);
  });

  it('asks again after its time', async () => {
    source.answer = () => snapshot(source.loads);
    await cache.get(acme);
    nowMs += 60_000;
    expect((await cache.get(acme)).version).toBe(2);
  });

  it('never lets an older version replace a newer one', async () => {
    source.answer = () => snapshot(7);
    await cache.get(acme);
    source.answer = () => snapshot(6);
    nowMs += 60_000;
    expect((await cache.get(acme)).version).toBe(7);
    source.answer = () => snapshot(8);
    nowMs += 1_000;
    expect((await cache.get(acme)).version).toBe(8);
  });

  it('drops a load that began before an invalidation', async () => {
    const asked = cache.get(acme);
    await turn();
    cache.invalidate(acme);
    source.answer = () => snapshot(2);
    source.waiting[0]!.resolve(snapshot(1));
    expect((await asked).version).toBe(2);
    expect((await cache.get(acme)).version).toBe(2);
    expect(source.loads).toBe(2);
  });

  it('serves old limits while the source fails, up to the hard maximum', async () => {
    source.answer = () => snapshot(1);
    await cache.get(acme);
    source.answer = () => {
      throw new Error('away');
    };
    nowMs += 60_000;
    expect((await cache.get(acme)).version).toBe(1);
    expect((await cache.get(acme)).version).toBe(1);
    // The second of the two did not ask: the source gets a second to recover.
    expect(source.loads).toBe(2);
    nowMs += 539_999;
    expect((await cache.get(acme)).version).toBe(1);
    nowMs += 1_000;
    await expect(cache.get(acme)).rejects.toThrow(QuotaUnavailableError);
  });

  it('does not wait for a slow source where older limits are at hand', async () => {
    source.answer = () => snapshot(1);
    await cache.get(acme);
    source.answer = undefined;
    nowMs += 60_000;
    expect((await cache.get(acme)).version).toBe(1);
    source.waiting[0]!.resolve(snapshot(2));
    await turn();
    nowMs += 1_000;
    expect((await cache.get(acme)).version).toBe(2);
  });

  it('waits for the source after an invalidation', async () => {
    source.answer = () => snapshot(1);
    await cache.get(acme);
    cache.invalidate();
    source.answer = () => snapshot(2);
    expect((await cache.get(acme)).version).toBe(2);
  });

  it('remembers for a short while that a tenant does not exist', async () => {
    source.answer = () => undefined;
    await expect(cache.get(acme)).rejects.toThrow(UnknownTenantError);
    await expect(cache.get(acme)).rejects.toThrow(UnknownTenantError);
    expect(source.loads).toBe(1);
    source.answer = () => snapshot(1);
    nowMs += 5_000;
    expect((await cache.get(acme)).version).toBe(1);
  });

  it('stays bounded', async () => {
    source.answer = () => snapshot(1);
    for (let index = 0; index < 100; index += 1) await cache.get(parseTenantId(`tenant ${index}`));
    expect(cache.size).toBe(3);
  });
});
