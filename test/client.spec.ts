import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFairshareClient, type FairshareClient } from 'fairshare/client';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';

let api: TestApi;
let operator: FairshareClient;

beforeAll(async () => {
  api = await startApi();
  operator = createFairshareClient({ url: api.url, adminKey: ADMIN_KEY });
});
afterAll(() => api.close());

describe('the typed client', () => {
  it('has the types of docs/openapi.json: npm run generate:client', async () => {
    const { CLIENT_TYPES, clientTypes } = await import('../scripts/lib/client-types.mjs');
    expect(await readFile(CLIENT_TYPES, 'utf8')).toBe(await clientTypes());
  });

  it('asks a query, and follows a queued one to its end', async () => {
    const tenantId = 'client-story';
    const created = await operator.POST('/admin/tenants', { body: { id: tenantId, tier: 'free' } });
    expect(created.response.status).toBe(201);
    await operator.POST('/admin/quota/update', {
      body: { tenant_id: tenantId, limits: { queries_hourly: 1 } },
    });
    const tenant = createFairshareClient({ url: api.url, tenantId });

    const answered = await tenant.POST('/query', { body: { query: 'How many ships?' } });
    expect(answered.error).toBeUndefined();
    expect(answered.data?.status).toBe('succeeded');

    const queued = await tenant.POST('/query', { body: { query: 'And how many boats?' } });
    if (queued.data?.status !== 'waiting') throw new Error(`answered ${queued.response.status}`);
    expect(queued.data.position).toBe(1);
    const params = { path: { id: queued.data.job_id } };
    const waiting = await tenant.GET('/jobs/{id}', { params });
    expect(waiting.data).toMatchObject({ job_id: queued.data.job_id, finished_at: null });

    await operator.POST('/admin/quota/update', {
      body: { tenant_id: tenantId, tier: 'pro', limits: { queries_hourly: 100 } },
    });
    const events = await tenant.GET('/jobs/{id}/events', { params, parseAs: 'text' });
    expect(events.data).toContain('succeeded'); // the stream ends with the job
    const finished = await tenant.GET('/jobs/{id}', { params });
    expect(finished.data?.state).toBe('succeeded');
  });

  it('gives a refusal as a value, with its code and what to do next', async () => {
    const nobody = createFairshareClient({ url: api.url });
    const { data, error, response } = await nobody.GET('/quota/status');
    expect([data, response.status, error?.code]).toEqual([undefined, 401, 'unauthenticated']);
    const wrong = await operator.POST('/admin/quota/update', {
      // @ts-expect-error: the compiler knows the fields of every body
      body: { tenant: 'acme' },
    });
    expect(wrong.error?.code).toBe('invalid_request');
    expect(wrong.error?.errors?.map(({ field }) => field)).toContain('tenant_id');
  });

  it('sends one identity, and the headers of one call', async () => {
    const key = await operator.POST('/admin/tenants/{tenantId}/api-keys', {
      params: { path: { tenantId: 'tenant_123' } },
      body: { name: 'client' },
    });
    const made = key.data && 'key' in key.data ? key.data : undefined;
    const tenant = createFairshareClient({ url: api.url, apiKey: made?.key });
    const ask = () =>
      tenant.POST('/query', {
        params: { header: { 'Idempotency-Key': 'client-1' } },
        body: { query: 'Once only' },
      });
    expect((await ask()).response.headers.get('idempotency-replayed')).toBeNull();
    expect((await ask()).response.headers.get('idempotency-replayed')).toBe('true');
  });

  it('refuses a URL that is none, and two identities', () => {
    expect(() => createFairshareClient({ url: 'localhost' })).toThrow(TypeError);
    expect(() => createFairshareClient({ url: api.url, apiKey: 'fsk_x', tenantId: 'acme' })).toThrow(
      'not both',
    );
  });

  it('rejects where no answer came', async () => {
    const nobodyThere = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
      });
    });
    const client = createFairshareClient({ url: `http://127.0.0.1:${nobodyThere}` });
    await expect(client.GET('/health')).rejects.toThrow('fetch failed');
  });
});
