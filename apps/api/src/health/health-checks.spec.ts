import { describe, beforeEach, expect, it, jest } from '@jest/globals';
import { HealthChecks, worstOf } from './health-checks.js';

describe('HealthChecks', () => {
  let checks: HealthChecks;

  beforeEach(() => {
    checks = new HealthChecks();
  });

  it('is up without any check', async () => {
    const reports = await checks.run();
    expect([reports, worstOf(reports)]).toEqual([[], 'up']);
  });

  it('names every check, with its detail or null', async () => {
    checks.register('one', async () => ({ state: 'up' }));
    checks.register('two', async () => ({ state: 'degraded', detail: 'slow' }));
    const reports = await checks.run();
    expect(reports).toEqual([
      { name: 'one', state: 'up', detail: null },
      { name: 'two', state: 'degraded', detail: 'slow' },
    ]);
    expect(worstOf(reports)).toBe('degraded');
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('secret address'))],
    [
      'throws',
      () => {
        throw new Error('secret address');
      },
    ],
  ])('is down where a check %s, and does not show why', async (_how, check) => {
    checks.register('one', async () => ({ state: 'up' }));
    checks.register('broken', check);
    const reports = await checks.run();
    expect(reports[1]).toEqual({ name: 'broken', state: 'down', detail: 'It cannot be reached' });
    expect(worstOf(reports)).toBe('down');
  });

  it('is down where a check does not answer in time', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    checks.register('hung', () => new Promise(() => undefined));
    const reports = checks.run();
    await jest.runOnlyPendingTimersAsync();
    jest.useRealTimers();
    expect(await reports).toMatchObject([{ state: 'down', detail: 'No answer within 1000 ms' }]);
  });

  it('refuses two checks of one name', () => {
    checks.register('one', async () => ({ state: 'up' }));
    expect(() => checks.register('one', async () => ({ state: 'up' }))).toThrow('two health checks');
  });
});
