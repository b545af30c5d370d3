import { describe, expect, it } from '@jest/globals';
import type { LimitDefinition } from '../quota.types.js';
import { parseTenantId } from '../tenant-id.js';
import type { LimitOverride, TenantLimitsSnapshot } from './limit-source.js';
import { resolveLimits } from './resolve-limits.js';

const QUERIES: LimitDefinition = {
  id: 1,
  name: 'queries',
  resource: 'queries',
  kind: 'window',
  period: 'day',
};
const TOKENS: LimitDefinition = { id: 2, name: 'tokens', resource: 'tokens', kind: 'window', period: 'day' };

function override(
  id: number,
  startsAtMs: number,
  expiresAtMs: number | null,
  value = id * 100,
): LimitOverride {
  return { id, definition: QUERIES, value, startsAtMs, expiresAtMs };
}

function emergency(id: number, startsAtMs: number, expiresAtMs: number | null): LimitOverride {
  return { ...override(id, startsAtMs, expiresAtMs), isEmergency: true };
}

function snapshot(overrides: readonly LimitOverride[]): TenantLimitsSnapshot {
  return {
    tenantId: parseTenantId('acme'),
    tier: 'free',
    status: 'active',
    weight: 1,
    queueDepth: 10,
    overflow: 'queue',
    version: 3,
    tierLimits: [
      { definition: TOKENS, value: 7 },
      { definition: QUERIES, value: 10 },
    ],
    overrides,
  };
}

// [what, overrides, now, value in force, valid from, valid until]
const TABLE: readonly [string, readonly LimitOverride[], number, number, number, number][] = [
  ['the tier alone', [], 50, 10, 0, Infinity],
  ['one in force', [override(1, 0, 100)], 50, 100, 0, 100],
  ['one from its first ms', [override(1, 50, 100)], 50, 100, 50, 100],
  ['none at its last instant', [override(1, 0, 100)], 100, 10, 100, Infinity],
  ['a future one ends the answer', [override(1, 80, 100)], 50, 10, 0, 80],
  ['one without an end', [override(1, 0, null)], 50, 100, 0, Infinity],
  ['the one that started last', [override(3, 0, 100), override(2, 20, 90)], 50, 200, 20, 90],
  ['the greater id of one start', [override(2, 0, 100), override(3, 0, 90)], 50, 300, 0, 90],
  ['the earlier one again after it', [override(3, 0, 100), override(2, 20, 40)], 50, 300, 40, 100],
  ['an emergency, though another starts later', [emergency(2, 0, 100), override(3, 20, 90)], 50, 200, 20, 90],
  ['the later one after the emergency', [emergency(2, 0, 40), override(3, 20, 90)], 50, 300, 40, 90],
  [
    'the earlier one after the emergency',
    [override(3, 0, null), emergency(2, 20, 40)],
    50,
    300,
    40,
    Infinity,
  ],
  ['the later of two emergencies', [emergency(3, 0, 100), emergency(2, 20, 90)], 50, 200, 20, 90],
  ['an emergency not before its start', [override(3, 0, 100), emergency(2, 80, 90)], 50, 300, 0, 80],
  ['one that ends before it starts never', [override(1, 60, 40)], 50, 10, 0, Infinity],
];

describe('resolveLimits', () => {
  it.each(TABLE)('%s', (_, overrides, nowMs, value, validFromMs, validUntilMs) => {
    const limits = resolveLimits(snapshot(overrides), nowMs);
    expect(limits).toMatchObject({ validFromMs, validUntilMs, version: 3 });
    expect(limits.limits.map((limit) => [limit.definition.id, limit.value])).toEqual([
      [1, value],
      [2, 7],
    ]);
    expect(limits.limits[0]!.source).toBe(value === 10 ? 'tier' : 'override');
  });

  it('adds a limit that the tier does not have', () => {
    const more = { ...override(9, 0, null), definition: { ...QUERIES, id: 5, name: 'more' } };
    expect(resolveLimits(snapshot([more]), 1).limits.map(({ definition }) => definition.id)).toEqual([
      1, 2, 5,
    ]);
  });
});
