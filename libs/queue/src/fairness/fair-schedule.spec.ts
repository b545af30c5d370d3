import { describe, expect, it } from '@jest/globals';
import { FairSchedule } from './fair-schedule.js';

const UNIT = { weight: 1, headCost: 1 };

/** Serves `steps` jobs of tenants that always have more. */
function serve(
  schedule: FairSchedule,
  steps: number,
  cost: (tenantId: string) => number = () => 1,
): string[] {
  return Array.from({ length: steps }, () => {
    const tenantId = schedule.next()!;
    schedule.settle(schedule.dispatch(cost(tenantId)), cost(tenantId));
    return tenantId;
  });
}

function count(served: readonly string[], tenantId: string): number {
  return served.filter((id) => id === tenantId).length;
}

describe('FairSchedule', () => {
  it('is plain round-robin for equal weights and costs', () => {
    const schedule = new FairSchedule();
    for (const id of ['c', 'a', 'b']) schedule.enter(id, UNIT);
    expect(serve(schedule, 7).join('')).toBe('cabcabc');
  });

  it('serves in proportion to weight', () => {
    const schedule = new FairSchedule();
    [1, 2, 3, 4].forEach((weight) => schedule.enter(`w${weight}`, { weight, headCost: 1 }));
    const served = serve(schedule, 1000);
    expect([1, 2, 3, 4].map((weight) => count(served, `w${weight}`))).toEqual([100, 200, 300, 400]);
  });

  it('shares cost, not jobs', () => {
    const schedule = new FairSchedule();
    schedule.enter('long', { weight: 1, headCost: 10 });
    schedule.enter('short', UNIT);
    const served = serve(schedule, 1100, (id) => (id === 'long' ? 10 : 1));
    expect(count(served, 'long')).toBe(100);
  });

  it('applies a new weight to the existing backlog', () => {
    const schedule = new FairSchedule();
    for (const id of ['a', 'b']) schedule.enter(id, UNIT);
    serve(schedule, 100);
    schedule.setWeight('a', 4);
    expect(count(serve(schedule, 500), 'a')).toBe(400);
  });

  it('reconciles to the true cost: who declares too little gains nothing', () => {
    const schedule = new FairSchedule();
    for (const id of ['liar', 'honest']) schedule.enter(id, UNIT);
    const work = new Map([
      ['liar', 0],
      ['honest', 0],
    ]);
    for (let step = 0; step < 1000; step++) {
      const id = schedule.next()!;
      const trueCost = id === 'liar' ? 9 : 1;
      schedule.settle(schedule.dispatch(1), trueCost);
      work.set(id, work.get(id)! + trueCost);
    }
    expect(Math.abs(work.get('liar')! - work.get('honest')!)).toBeLessThanOrEqual(9 + 1);
  });

  it('gives a whole charge back', () => {
    const schedule = new FairSchedule();
    for (const id of ['a', 'b']) schedule.enter(id, UNIT);
    schedule.settle(schedule.dispatch(1), 0);
    expect(serve(schedule, 2)).toEqual(['a', 'b']);
  });

  it('does not let a late refund undercut virtual time for a tenant that has been lifted since', () => {
    const schedule = new FairSchedule();
    schedule.enter('late', { weight: 1, headCost: 1000 });
    schedule.enter('busy', UNIT);
    const charge = schedule.dispatch(1000);
    schedule.drain('late');
    serve(schedule, 5000);
    schedule.enter('late', UNIT);
    const entered = schedule.tenant('late')!.tag;
    schedule.settle(charge, 1);
    expect(schedule.tenant('late')!.tag).toBe(entered);
  });

  it('charges a late surplus that is larger than the lift', () => {
    const schedule = new FairSchedule();
    schedule.enter('late', UNIT);
    schedule.enter('busy', UNIT);
    const charge = schedule.dispatch(1);
    schedule.drain('late');
    serve(schedule, 100);
    schedule.enter('late', UNIT);
    const entered = schedule.tenant('late')!.tag;
    schedule.settle(charge, 1000);
    expect(schedule.tenant('late')!.tag).toBeGreaterThan(entered + 800);
  });

  it('forgets drained tenants once no entrant could get below them', () => {
    const schedule = new FairSchedule();
    for (let i = 0; i < 10_000; i++) {
      schedule.enter(`t${i}`, UNIT);
      schedule.settle(schedule.dispatch(1), 1);
      schedule.drain(`t${i}`);
    }
    expect(schedule.knownCount).toBeLessThan(5);
  });

  it('refuses to dispatch when nobody is ready', () => {
    expect(() => new FairSchedule().dispatch(1)).toThrow('No tenant is ready');
  });
});

describe('the lessons that others paid for', () => {
  /** Four requests of throw-away tenants are always waiting beside one honest tenant with a backlog. */
  it('1: a stream of never-seen tenants does not starve who waits', () => {
    const schedule = new FairSchedule();
    schedule.enter('honest', UNIT);
    let fresh = 0;
    const arrive = () => schedule.enter(`fresh${(fresh += 1)}`, UNIT);
    for (let i = 0; i < 4; i++) arrive();
    let honest = 0;
    for (let step = 0; step < 600; step++) {
      const id = schedule.next()!;
      schedule.settle(schedule.dispatch(1), 1);
      if (id === 'honest') {
        honest += 1;
      } else {
        schedule.drain(id);
        arrive();
      }
    }
    expect(honest).toBeGreaterThanOrEqual(119);
    expect(honest).toBeLessThanOrEqual(121);
  });

  it('2: draining and returning gains nothing', () => {
    const schedule = new FairSchedule();
    const steady = ['a', 'b', 'c', 'd'];
    for (const id of [...steady, 'hopper']) schedule.enter(id, UNIT);
    let hopper = 0;
    for (let step = 0; step < 600; step++) {
      const id = schedule.next()!;
      schedule.settle(schedule.dispatch(1), 1);
      if (id !== 'hopper') continue;
      hopper += 1;
      schedule.drain('hopper');
      schedule.enter('hopper', UNIT);
    }
    expect(hopper).toBe(120);
  });

  /** The quiet tenant asks for less than its share, so each of its jobs finds a busy neighbour alone in the ready set. */
  it('2: a quiet tenant that returns goes before the next job of a busy one, however often it has done so', () => {
    const schedule = new FairSchedule();
    schedule.enter('busy', UNIT);
    for (let round = 0; round < 100; round++) {
      serve(schedule, 3);
      schedule.enter('quiet', UNIT);
      expect(serve(schedule, 1)).toEqual(['quiet']);
      schedule.drain('quiet');
    }
  });

  it('3 and 8: the pick sees no blocked tenant, however many there are', () => {
    const schedule = new FairSchedule();
    for (let i = 0; i < 1000; i++) schedule.enter(`blocked${i}`, UNIT);
    schedule.enter('free', UNIT);
    for (let i = 0; i < 1000; i++) schedule.block(`blocked${i}`);
    expect(schedule.readyCount).toBe(1);
    expect(new Set(serve(schedule, 100))).toEqual(new Set(['free']));
  });

  it('3: time spent blocked is no credit', () => {
    const schedule = new FairSchedule();
    for (const id of ['a', 'b']) schedule.enter(id, UNIT);
    schedule.block('a');
    serve(schedule, 1000);
    schedule.enter('a', UNIT);
    expect(count(serve(schedule, 100), 'a')).toBeLessThanOrEqual(51);
  });

  it('4: ties go by arrival, not by name', () => {
    const schedule = new FairSchedule();
    for (const id of ['zz', 'mm', '', 'aa']) schedule.enter(id, UNIT);
    expect(serve(schedule, 4)).toEqual(['zz', 'mm', '', 'aa']);
  });

  it('7: virtual time passes a tag that never advances', () => {
    const schedule = new FairSchedule();
    schedule.enter('stuck', UNIT);
    schedule.enter('live', UNIT);
    schedule.block('stuck');
    serve(schedule, 500);
    expect(schedule.virtualTime).toBeGreaterThanOrEqual(499);
  });

  it('9: round-robin by count is not enough when sizes differ', () => {
    const schedule = new FairSchedule();
    schedule.enter('short', { weight: 1, headCost: 192 });
    schedule.enter('long', { weight: 1, headCost: 768 });
    const served = serve(schedule, 500, (id) => (id === 'long' ? 768 : 192));
    expect(Math.abs(count(served, 'long') * 768 - count(served, 'short') * 192)).toBeLessThanOrEqual(960);
  });

  it('10: a thousand one-job tenants get no more than as many steady ones would', () => {
    const schedule = new FairSchedule();
    schedule.enter('honest', { weight: 1, headCost: 5 });
    let honest = 0;
    let total = 0;
    schedule.enter('key0', { weight: 1, headCost: 5 });
    for (let step = 1; step <= 1000; step++) {
      const id = schedule.next()!;
      schedule.settle(schedule.dispatch(5), 5);
      total += 1;
      if (id === 'honest') honest += 1;
      else {
        schedule.drain(id);
        schedule.enter(`key${step}`, { weight: 1, headCost: 5 });
      }
    }
    expect(honest).toBeGreaterThanOrEqual(total / 2 - 1);
  });
});
