import { luaNames } from 'fairshare/redis';
import { QuotaConfigurationError } from '../quota.errors.js';
import type { EffectiveLimit, LimitDefinition, LimitPeriod } from '../quota.types.js';

/** Numbers of the kinds in packed plans and counters (counters/records/plan.lua). */
export const KIND = luaNames('limit kind', {
  minute: 1,
  hour: 2,
  day: 3,
  month: 4,
  bucket: 5,
  level: 6,
  concurrency: 7,
});

export const PERIOD_MS: Readonly<Record<LimitPeriod, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 30 * 86_400_000,
};

export const MAX_LIMITS = 32;

export function kindCode(definition: LimitDefinition): number {
  return definition.kind === 'window' ? KIND[definition.period!] : KIND[definition.kind];
}

/** Units that fit at once. */
export function capacityOf(limit: EffectiveLimit): number {
  return limit.definition.kind === 'bucket' ? (limit.burst ?? limit.value) : limit.value;
}

/** Throws QuotaConfigurationError where a limit cannot be counted exactly; for what admits limits into a source. */
export function checkLimit(limit: Pick<EffectiveLimit, 'definition' | 'value' | 'burst'>): void {
  const { definition, value, burst } = limit;
  const refuse = (why: string) => {
    throw new QuotaConfigurationError(`Limit ${JSON.stringify(definition.name)}: ${why}`);
  };
  if (!Number.isInteger(definition.id) || definition.id < 1 || definition.id > 255)
    refuse('its id must be 1 to 255');
  if (!isAmount(value)) refuse('its value must be an integer from 0 to 2^53 - 1');
  if (definition.kind === 'window' && !definition.period) refuse('a window needs a period');
  if (definition.kind !== 'bucket') {
    if (burst !== undefined) refuse('only a bucket has a burst');
    return;
  }
  if (!definition.period) refuse('a bucket needs a period');
  if (burst !== undefined && !isAmount(burst)) refuse('its burst must be an integer from 0 to 2^53 - 1');
  if ((burst ?? value) * PERIOD_MS[definition.period!] > Number.MAX_SAFE_INTEGER) {
    refuse('its burst times its period in ms must stay below 2^53');
  }
}

function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
