import { describe, expect, it } from '@jest/globals';
import { type Charge, FairSchedule } from './fair-schedule.js';
import { seededRandom } from './random.js';

const seed = Number(process.env['FAIRSHARE_TEST_SEED'] ?? 20261123);

interface Tenant {
  readonly id: string;
  readonly weight: number;
  readonly maxCost: number;
  /** Costs of the jobs in its line. */
  readonly line: number[];
  served: number;
  blocked: boolean;
}

/** The largest spread of a pair's difference of service per weight since both became ready. */
interface Spread {
  lowest: number;
  highest: number;
}

/** Random arrivals, blockings, returns, drains and slow completions; after every dispatch promise 5 must hold. */
function play(run: number, steps: number): void {
  const random = seededRandom(seed + run);
  const pick = (size: number) => Math.floor(random() * size);
  const schedule = new FairSchedule();
  const tenants = Array.from({ length: 2 + pick(7) }, (_, index): Tenant => {
    const maxCost = 1 + pick(pick(2) ? 10 : 1000);
    return { id: `t${index}`, weight: 1 + pick(5), maxCost, line: [], served: 0, blocked: false };
  });
  const spreads = new Map<string, Spread>();
  const running: Charge[] = [];

  const place = (tenant: Tenant) => {
    const head = tenant.line[0];
    if (head === undefined) schedule.drain(tenant.id);
    else if (tenant.blocked) schedule.block(tenant.id);
    else schedule.enter(tenant.id, { weight: tenant.weight, headCost: head });
  };
  const check = () => {
    for (const f of tenants) {
      for (const g of tenants) {
        if (f.id >= g.id) continue;
        const pair = `${f.id} ${g.id}`;
        if (!schedule.tenant(f.id)?.isReady || !schedule.tenant(g.id)?.isReady) {
          spreads.delete(pair);
          continue;
        }
        const difference = f.served / f.weight - g.served / g.weight;
        const spread = spreads.get(pair) ?? { lowest: difference, highest: difference };
        spread.lowest = Math.min(spread.lowest, difference);
        spread.highest = Math.max(spread.highest, difference);
        spreads.set(pair, spread);
        const bound = f.maxCost / f.weight + g.maxCost / g.weight;
        if (spread.highest - spread.lowest > bound * (1 + 1e-9)) {
          throw new Error(
            `seed ${seed} run ${run}: ${pair} differ by ${spread.highest - spread.lowest} > ${bound}`,
          );
        }
      }
    }
  };

  for (let step = 0; step < steps; step++) {
    const tenant = tenants[pick(tenants.length)]!;
    const roll = random();
    if (roll < 0.4) {
      for (let jobs = 1 + pick(4); jobs > 0; jobs--) tenant.line.push(1 + pick(tenant.maxCost));
      place(tenant);
    } else if (roll < 0.85) {
      const next = tenants.find(({ id }) => id === schedule.next());
      if (!next) continue;
      const cost = next.line.shift()!;
      running.push(schedule.dispatch(cost));
      next.served += cost;
      place(next);
    } else if (roll < 0.95) {
      const done = running.splice(pick(running.length), 1)[0];
      if (done) schedule.settle(done, done.cost);
    } else {
      tenant.blocked = !tenant.blocked;
      place(tenant);
    }
    check();
  }
}

describe('FairSchedule, played at random', () => {
  it('keeps the bound between any two ready tenants (50,000 operations)', () => {
    for (let run = 0; run < 100; run++) play(run, 500);
  });

  it('keeps the bound for true costs when jobs declare something else and run one by one', () => {
    const random = seededRandom(seed);
    const schedule = new FairSchedule();
    const served = new Map<string, number>();
    const ids = ['a', 'b', 'c'];
    for (const id of ids) schedule.enter(id, { weight: 1, headCost: 50 });
    for (let step = 0; step < 10_000; step++) {
      const id = schedule.next()!;
      const trueCost = 1 + Math.floor(random() * 100);
      schedule.settle(schedule.dispatch(1 + Math.floor(random() * 100)), trueCost);
      served.set(id, (served.get(id) ?? 0) + trueCost);
      const services = ids.map((tenant) => served.get(tenant) ?? 0);
      expect(Math.max(...services) - Math.min(...services)).toBeLessThanOrEqual(200);
    }
  });
});
