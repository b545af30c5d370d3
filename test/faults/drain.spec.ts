import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';

let api: TestApi;
let onSignal: (signal: 'SIGTERM') => void;

beforeAll(async () => {
  api = await startApi({ SHUTDOWN_DRAIN_SECONDS: '300', WORKER: 'off' });
  onSignal = process.listeners('SIGTERM').at(-1) as typeof onSignal;
});
afterAll(async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.off(signal, process.listeners(signal).at(-1)!);
  }
  await api.close();
});

describe('a node that is told to stop', () => {
  it('says first that it is not ready, and serves on', async () => {
    expect((await api.send('GET', '/health/ready')).status).toBe(200);
    onSignal('SIGTERM');
    const { status, body } = await api.send('GET', '/health/ready');
    expect([status, body.checks]).toEqual([
      503,
      expect.arrayContaining([expect.objectContaining({ name: 'draining', state: 'down' })]),
    ]);
    expect((await api.send('GET', '/health/live')).status).toBe(200);
    expect((await api.query('tenant_test', 'still served')).status).toBe(200);
  });
});
