import type { EffectiveLimit, TenantLimits } from '../quota.types.js';
import type { LimitOverride, TenantLimitsSnapshot } from './limit-source.js';

/** The limits in force at one instant, and how long they stay so. Of several overrides of one limit, `winsOver` tells. */
export function resolveLimits(snapshot: TenantLimitsSnapshot, nowMs: number): TenantLimits {
  const inForce = new Map<number, LimitOverride>();
  let validFromMs = 0;
  let validUntilMs = Infinity;
  for (const override of snapshot.overrides) {
    const endsAtMs = override.expiresAtMs ?? Infinity;
    if (endsAtMs <= override.startsAtMs) continue;
    for (const changeMs of [override.startsAtMs, endsAtMs]) {
      if (changeMs <= nowMs) validFromMs = Math.max(validFromMs, changeMs);
      else validUntilMs = Math.min(validUntilMs, changeMs);
    }
    if (override.startsAtMs > nowMs || endsAtMs <= nowMs) continue;
    const other = inForce.get(override.definition.id);
    if (!other || winsOver(override, other)) inForce.set(override.definition.id, override);
  }
  const limits: EffectiveLimit[] = snapshot.tierLimits
    .filter(({ definition }) => !inForce.has(definition.id))
    .map(({ definition, value, burst }) => ({ definition, value, burst, source: 'tier' as const }));
  for (const { id, definition, value, burst } of inForce.values()) {
    limits.push({ definition, value, burst, source: 'override', overrideId: id });
  }
  limits.sort((left, right) => left.definition.id - right.definition.id);
  const { tenantId, tier, status, weight, queueDepth, freeRequestsPerMinute, overflow, version } = snapshot;
  return {
    tenantId,
    tier,
    status,
    weight,
    queueDepth,
    freeRequestsPerMinute,
    overflow,
    version,
    limits,
    validFromMs,
    validUntilMs,
  };
}

type Claim = Pick<LimitOverride, 'id' | 'startsAtMs' | 'isEmergency'>;

/**
 * Which of two overrides of one limit is in force while both could be: an emergency before all others, then the one that
 * started last, then the one with the greater id.
 */
export function winsOver(left: Claim, right: Claim): boolean {
  if ((left.isEmergency ?? false) !== (right.isEmergency ?? false)) return left.isEmergency ?? false;
  return left.startsAtMs === right.startsAtMs ? left.id > right.id : left.startsAtMs > right.startsAtMs;
}
