import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { JobStreams } from '../apps/api/src/jobs/events/job-streams.js';
import { startApi, type TestApi } from './support/api.js';
import { follow } from './support/event-stream.js';
import { type HeldExecutor, holdExecutor } from './support/held-executor.js';
import { exhaustedTenant, newTenant, setLimits } from './support/tenants.js';

let api: TestApi;
/** Serves HTTP and runs no jobs. */
let front: TestApi;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  api = await startApi({ QUOTA_DEADLINE_MS: '5000' });
  front = await startApi(
    { QUOTA_DEADLINE_MS: '5000', WORKER: 'off', MAX_JOB_STREAMS_PER_TENANT: '2' },
    api.data,
  );
});
afterEach(() => held?.restore());
afterAll(async () => {
  await front.close();
  await api.close();
});

/** Queued, and denied by the quota already: until something happens, it stays where it is. */
async function queue(tenant: string): Promise<string> {
  const id = (await api.query(tenant, 'later')).body.job_id as string;
  while ((await api.get(tenant, `/jobs/${id}`)).body.why !== 'parked');
  return id;
}

const openStreams = () => front.app.get(JobStreams, { strict: false });

describe('GET /jobs/{id}/events', () => {
  it('tells place, states and result of a job that another node runs, and closes', async () => {
    const tenant = await exhaustedTenant(api);
    const [first, second] = [await queue(tenant), await queue(tenant)];
    held = holdExecutor(api);
    const stream = await follow(front, tenant, second);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stream.next()).toMatchObject({ event: 'state', data: { job_id: second, state: 'waiting' } });
    expect(await stream.next()).toMatchObject({ event: 'position', data: { position: 2 } });
    await api.send('DELETE', `/jobs/${first}`, { 'x-tenant-id': tenant });
    expect(await stream.next()).toMatchObject({ event: 'position', data: { position: 1 } });
    await setLimits(api, tenant, { queries_hourly: 2 });
    expect(await stream.next()).toMatchObject({ event: 'state', data: { state: 'running', attempts: 1 } });
    held.release();
    const [state, result, ...more] = await stream.rest();
    expect(state).toMatchObject({ event: 'state', data: { state: 'succeeded' } });
    expect(result).toMatchObject({ event: 'result', data: { result: { simulated: true }, error: null } });
    expect(more).toEqual([]);
  });

  it('goes on after the Last-Event-ID, at any node, and says when there is nothing more', async () => {
    const tenant = await exhaustedTenant(api);
    const id = await queue(tenant);
    const stream = await follow(front, tenant, id);
    await stream.next();
    const position = await stream.next();
    stream.leave();
    const resumed = await follow(api, tenant, id, position!.id);
    await api.send('DELETE', `/jobs/${id}`, { 'x-tenant-id': tenant });
    const events = await resumed.rest();
    expect(events.map(({ event }) => event)).toEqual(['state', 'result']);
    expect(events[0]!.data.state).toBe('cancelled');
    expect((await follow(front, tenant, id, events[0]!.id)).status).toBe(200);
    expect((await follow(front, tenant, id, events[1]!.id)).status).toBe(204);
    const late = await (await follow(front, tenant, id)).rest();
    expect(late.map(({ event }) => event)).toEqual(['state', 'result']);
    expect((await (await follow(front, tenant, id, 'what?')).rest()).length).toBe(2);
  });

  it('is for the job’s own tenant, a bounded number of times, and frees what it took', async () => {
    const [tenant, stranger] = [await exhaustedTenant(api), await newTenant(api)];
    const id = await queue(tenant);
    expect((await follow(front, stranger, id)).status).toBe(404);
    const streams = [await follow(front, tenant, id), await follow(front, tenant, id)];
    const refused = await front.get(tenant, `/jobs/${id}/events`);
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_streams']);
    expect(refused.headers.get('retry-after')).toBe('5');
    for (const stream of streams) stream.leave();
    while (openStreams().size > 0) await new Promise((resolve) => setImmediate(resolve));
    const again = await follow(front, tenant, id);
    expect(again.status).toBe(200);
    again.leave();
  });

  it('shows that it is alive, and ends with its node', async () => {
    const brief = await startApi({ WORKER: 'off', JOB_STREAM_HEARTBEAT_MS: '10' }, api.data);
    const tenant = await exhaustedTenant(api);
    const id = await queue(tenant);
    const stream = await follow(brief, tenant, id);
    await stream.next();
    expect([await stream.comment(), await stream.comment()]).toEqual([':', ':']);
    await brief.close();
    expect((await stream.rest()).every(({ event }) => event === 'position')).toBe(true);
  });
});
