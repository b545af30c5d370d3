import { describe, expect, it } from '@jest/globals';
import { FairGate, type Release } from './fair-gate.js';

/** Lets one tenant after another ask, and records who got in. */
function crowd(gate: FairGate, requests: readonly string[]) {
  const entered: string[] = [];
  const releases: Release[] = [];
  for (const tenantId of requests) {
    void gate.acquire({ tenantId }).then((release) => {
      entered.push(tenantId);
      releases.push(release);
    });
  }
  return { entered, releases };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('FairGate', () => {
  it('lets in at once while there is room', async () => {
    const gate = new FairGate({ capacity: 2 });
    await gate.acquire({ tenantId: 'a' });
    await gate.acquire({ tenantId: 'b' });
    expect(gate.running).toBe(2);
  });

  it('gives the quiet tenant the next slot however many the noisy one waits for', async () => {
    const gate = new FairGate({ capacity: 1 });
    const { entered, releases } = crowd(gate, [...Array<string>(50).fill('noisy'), 'quiet']);
    for (let served = 0; served < 3; served++) {
      await turn();
      releases.shift()!();
    }
    await turn();
    expect(entered.slice(0, 3)).toContain('quiet');
  });

  it('keeps order within a tenant', async () => {
    const gate = new FairGate({ capacity: 1 });
    const order: number[] = [];
    const first = await gate.acquire({ tenantId: 'a' });
    const rest = [1, 2, 3].map((n) =>
      gate.acquire({ tenantId: 'a' }).then((release) => {
        order.push(n);
        release();
      }),
    );
    first();
    await Promise.all(rest);
    expect(order).toEqual([1, 2, 3]);
  });

  it('caps a tenant without keeping others out', async () => {
    const gate = new FairGate({ capacity: 3, maxPerTenant: 1 });
    const { entered } = crowd(gate, ['a', 'a', 'b']);
    await turn();
    expect(entered).toEqual(['a', 'b']);
  });

  it('refuses beyond its bounds', async () => {
    const gate = new FairGate({ capacity: 1, maxWaiting: 2, maxWaitingPerTenant: 1 });
    crowd(gate, ['a', 'a', 'b']);
    await turn();
    await expect(gate.acquire({ tenantId: 'a' })).rejects.toMatchObject({
      code: 'gate_tenant_full',
      limit: 1,
    });
    await expect(gate.acquire({ tenantId: 'c' })).rejects.toMatchObject({ code: 'gate_full', limit: 2 });
  });

  it('forgets who gives up, and tells the others their new place', async () => {
    const gate = new FairGate({ capacity: 1 });
    const release = await gate.acquire({ tenantId: 'a' });
    const impatient = new AbortController();
    const positions: number[] = [];
    const given = gate.acquire({ tenantId: 'a', signal: impatient.signal });
    const next = gate.acquire({ tenantId: 'a', onPosition: (position) => positions.push(position) });
    impatient.abort(new Error('gone'));
    await expect(given).rejects.toThrow('gone');
    expect(positions).toEqual([2, 1]);
    release();
    (await next)();
    expect([gate.running, gate.waiting]).toEqual([0, 0]);
  });

  it('counts a release once, and charges the true cost', async () => {
    const gate = new FairGate({ capacity: 1 });
    const release = await gate.acquire({ tenantId: 'liar', cost: 1 });
    const { entered, releases } = crowd(gate, ['liar', 'honest', 'honest', 'honest']);
    release(100);
    release(100);
    for (let served = 0; served < 3; served++) {
      await turn();
      releases.shift()!();
    }
    await turn();
    expect(entered).toEqual(['honest', 'honest', 'honest', 'liar']);
    expect(gate.running).toBe(1);
  });

  it('lets more in when it grows', async () => {
    const gate = new FairGate({ capacity: 1 });
    const { entered } = crowd(gate, ['a', 'b', 'c']);
    gate.resize(3);
    await turn();
    expect(entered.sort()).toEqual(['a', 'b', 'c']);
  });
});
