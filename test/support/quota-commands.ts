import { isDeepStrictEqual } from 'node:util';
import type {
  LimitOverride,
  TenantLimitsSnapshot,
  TierLimitValue,
} from '../../libs/quota/src/limits/limit-source.js';
import { resolveLimits } from '../../libs/quota/src/limits/resolve-limits.js';
import { QuotaModel } from '../../libs/quota/src/model/quota-model.js';
import { parseOperationId, type OperationId } from '../../libs/quota/src/operation-id.js';
import type { Cost, Decision, OverflowPolicy } from '../../libs/quota/src/quota.types.js';
import { parseTenantId, type TenantId } from '../../libs/quota/src/tenant-id.js';
import { define, type Harness, START_MS, tier } from './quota-harness.js';

const LIMITS = [
  define(1, 'q_minute', 'queries', 'window', 'minute'),
  define(2, 'q_hourly', 'queries', 'window', 'hour', 'charge'),
  define(3, 'q_monthly', 'queries', 'window', 'month'),
  define(4, 'tokens_daily', 'tokens', 'window', 'day'),
  define(5, 'tokens_burst', 'tokens', 'bucket', 'minute'),
  define(6, 'q_burst', 'queries', 'bucket', 'hour', 'charge'),
  define(7, 'bytes', 'bytes', 'level'),
  define(8, 'slots', 'queries', 'concurrency'),
  define(9, 'bytes_charged', 'bytes', 'level', undefined, 'charge'),
  define(200, 'token_slots', 'tokens', 'concurrency'),
];

/** A random number generator that a seed repeats exactly (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface CommandTally {
  commands: number;
  readonly byAnswer: Map<string, number>;
}

/**
 * Runs random verbs on the real engine and on the reference model, with a clock that jumps, leases that lapse, names that
 * come again and limits that change, and throws at the first answer that differs.
 */
export async function runQuotaCommands(quota: Harness, seed: number, count: number): Promise<CommandTally> {
  const random = randomOf(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const int = (most: number) => Math.floor(random() * (most + 1));
  const model = new QuotaModel();
  const tenants = [1, 2, 3].map((number) => parseTenantId(`seed ${seed} {${number}}`));
  const names = new Map<TenantId, OperationId[]>(tenants.map((tenantId) => [tenantId, []]));
  const held = new Map<TenantId, OperationId[]>(tenants.map((tenantId) => [tenantId, []]));
  const tally: CommandTally = { commands: 0, byAnswer: new Map() };
  let nextName = 0;
  let nowMs = START_MS;

  // With a bucket nothing is as it was a moment ago: half of the tenants have none, and take the scripts' short ways.
  const someLimits = (): TierLimitValue[] => {
    const isSteady = random() < 0.5;
    const some = LIMITS.filter(({ kind }) => random() < 0.5 && !(isSteady && kind === 'bucket'));
    return some.map((definition) => {
      const value = pick([0, 3, 10, 50, 50, 200, 200, 1_000]);
      return tier(
        definition,
        value,
        definition.kind === 'bucket' && random() < 0.5 ? pick([1, 5, 20]) : undefined,
      );
    });
  };
  const someOverrides = (): LimitOverride[] =>
    Array.from({ length: int(2) }, (_, index) => {
      const definition = pick(LIMITS);
      const startsAtMs = nowMs + int(120_000) - 60_000;
      const expiresAtMs = random() < 0.3 ? null : startsAtMs + int(180_000);
      return { id: index + 1, definition, value: pick([0, 2, 20, 100]), startsAtMs, expiresAtMs };
    });
  const change = (tenantId: TenantId) => {
    const overflow: OverflowPolicy = random() < 0.12 ? 'observe' : pick(['queue', 'reject']);
    quota.limits.set(tenantId, someLimits(), { overflow, overrides: someOverrides() });
  };
  tenants.forEach(change);

  const cost = (): Cost => {
    const amounts: Record<string, number> = {};
    if (random() < 0.8) amounts.queries = pick([0, 1, 1, 1, 2, 5, 40]);
    if (random() < 0.5) amounts.tokens = pick([0, 1, 3, 7, 30, 150]);
    if (random() < 0.2) amounts.bytes = pick([1, 10, 60]);
    if (random() < 0.1) amounts.unlimited = 5;
    return amounts;
  };
  const freshName = (tenantId: TenantId): OperationId => {
    const name = parseOperationId(`op-${(nextName += 1)}`);
    const known = names.get(tenantId)!;
    known.push(name);
    if (known.length > 12) known.shift();
    return name;
  };
  const anyName = (tenantId: TenantId): OperationId => {
    const known = names.get(tenantId)!;
    return known.length === 0 || random() < 0.4 ? freshName(tenantId) : pick(known);
  };
  const openName = (tenantId: TenantId): OperationId => {
    const open = held.get(tenantId)!;
    return open.length === 0 || random() < 0.25 ? anyName(tenantId) : pick(open);
  };
  const moveClock = () => {
    const kind = random();
    if (kind < 0.75) nowMs += int(50);
    else if (kind < 0.87) nowMs += int(4_000);
    else if (kind < 0.92) nowMs += int(90_000);
    else if (kind < 0.925) nowMs = Math.ceil(nowMs / 3_600_000) * 3_600_000 - int(1);
    else if (kind < 0.927) nowMs += int(40) * 86_400_000;
    else nowMs -= int(5_000);
    quota.clocked.nowMs = nowMs;
  };

  for (let index = 0; index < count; index += 1) {
    moveClock();
    const tenantId = pick(tenants);
    if (random() < 0.01) change(tenantId);
    const snapshot = quota.limits.snapshots.get(tenantId) as TenantLimitsSnapshot;
    const limits = resolveLimits(snapshot, nowMs);
    const verb = random() * 0.91;
    const isNamed = random() < 0.6;
    const isClosing = verb >= 0.5 && verb < 0.72;
    const operationId = isClosing ? openName(tenantId) : isNamed ? anyName(tenantId) : freshName(tenantId);
    const turn = { limits, nowMs, operationId };
    const leaseMs = pick([1, 5_000, 60_000, 600_000, 4_000_000]);
    const asked = cost();
    let expected: object;
    let actual: object;
    let name: string;
    if (verb < 0.2) {
      name = 'spend';
      expected = model.spend(turn, asked, isNamed);
      actual = await quota.service.spend({
        tenantId,
        cost: asked,
        operationId: isNamed ? operationId : undefined,
      });
    } else if (verb < 0.27) {
      name = 'check';
      expected = model.check(turn, asked, operationId);
      actual = await quota.service.check({ tenantId, cost: asked });
    } else if (verb < 0.5) {
      name = 'reserve';
      expected = model.reserve(turn, asked, leaseMs);
      actual = await quota.service.reserve({ tenantId, cost: asked, operationId, leaseMs });
      if ((actual as Decision).outcome === 'held') {
        held.set(tenantId, [operationId, ...held.get(tenantId)!].slice(0, 6));
      }
    } else if (verb < 0.6) {
      name = 'settle';
      const truth = random() < 0.4 ? undefined : asked;
      expected = model.close(turn, 'settled', truth);
      actual = await quota.service.settle({ tenantId, operationId, cost: truth });
    } else if (verb < 0.65) {
      name = 'cancel';
      expected = model.close(turn, 'cancelled');
      actual = await quota.service.cancel({ tenantId, operationId });
    } else if (verb < 0.72) {
      name = 'extend';
      const more = random() < 0.5 ? undefined : asked;
      expected = model.extend(turn, more, leaseMs);
      actual = await quota.service.extend({ tenantId, operationId, leaseMs, cost: more });
    } else if (verb < 0.78) {
      name = 'record';
      expected = model.record(turn, asked, isNamed);
      actual = await quota.service.record({
        tenantId,
        cost: asked,
        operationId: isNamed ? operationId : undefined,
      });
    } else if (verb < 0.84) {
      name = 'adjust';
      const movement = random() < 0.6 ? { delta: int(80) - 40 } : { total: int(60) };
      expected = model.adjust(turn, 'bytes', movement, isNamed);
      const request = { tenantId, resource: 'bytes', operationId: isNamed ? operationId : undefined };
      actual = await quota.service.adjust({ ...request, ...movement });
    } else if (verb < 0.905) {
      name = 'status';
      expected = model.status(turn);
      actual = await quota.service.status({ tenantId });
    } else {
      name = 'reset';
      const some = limits.limits.filter(() => random() < 0.3).map(({ definition }) => definition.name);
      const chosen = random() < 0.5 ? undefined : some;
      expected = model.reset(turn, chosen);
      actual = await quota.service.reset({ tenantId, limits: chosen });
    }
    if ('operationId' in actual) actual = { ...actual, operationId };
    if (!isDeepStrictEqual(actual, expected)) {
      const told = JSON.stringify({
        name,
        tenantId,
        operationId,
        nowMs,
        asked,
        leaseMs,
        overflow: limits.overflow,
      });
      const parts = differences(expected as Answer, actual as Answer).join('\n');
      throw new Error(`Seed ${seed}, command ${index}: the engine and the model differ\n${told}\n${parts}`);
    }
    tally.commands += 1;
    const outcome = `${name} ${'outcome' in actual ? String(actual.outcome) : 'done'}`;
    tally.byAnswer.set(outcome, (tally.byAnswer.get(outcome) ?? 0) + 1);
  }
  return tally;
}

type Answer = Readonly<Record<string, unknown>>;

function differences(expected: Answer, actual: Answer, path = ''): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) => {
    const left = expected[key];
    const right = actual[key];
    if (isDeepStrictEqual(left, right)) return [];
    if (left && right && typeof left === 'object' && typeof right === 'object') {
      return differences(left as Answer, right as Answer, `${path}${key}.`);
    }
    return [`${path}${key}: model ${JSON.stringify(left)}, engine ${JSON.stringify(right)}`];
  });
}
