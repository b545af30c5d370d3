import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ApiKeys } from '../../apps/api/src/tenancy/api-keys.js';
import { UpstreamRefusedError } from '../../apps/api/src/executors/upstream.errors.js';
import { JobStreams } from '../../apps/api/src/jobs/events/job-streams.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { type EventStream, follow, type StreamedEvent } from '../support/event-stream.js';
import { type HeldExecutor, holdExecutor } from '../support/held-executor.js';
import { routesOf } from '../support/routes.js';
import { exhaustedTenant, newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const SECRET = 'a secret of more than thirty-two characters';
/** No heartbeat within any test: what comes was pushed. */
const PUSHED_ONLY = { JOB_STREAM_HEARTBEAT_MS: '600000', MAX_JOB_STREAMS_PER_TENANT: '4' };
const HEARTBEATS = { JOB_STREAM_HEARTBEAT_MS: '20', QUOTA_CACHE_TTL_MS: '1' };

/** Runs jobs, and is where operators act. */
let api: TestApi;
/** Where streams are open: it hears of everything by Redis. */
let front: TestApi;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  api = await startApi({ FREE_REQUEST_LIMITS: 'false', JWT_SECRET: SECRET });
  front = await another(PUSHED_ONLY);
});
afterEach(() => held?.restore());
afterAll(async () => {
  await front.close();
  await api.close();
});

const another = (settings: Record<string, string>) =>
  startApi({ FREE_REQUEST_LIMITS: 'false', WORKER: 'off', JWT_SECRET: SECRET, ...settings }, api.data);
const streamsOf = ({ app }: TestApi) => app.get(JobStreams, { strict: false });
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function none(node: TestApi): Promise<void> {
  while (streamsOf(node).size > 0) await turn();
}

/** A job that its tenant's quota keeps where it is. */
async function parked(tenant: string): Promise<string> {
  const id = (await api.query(tenant, 'later')).body.job_id as string;
  while ((await api.get(tenant, `/jobs/${id}`)).body.why !== 'parked');
  return id;
}

/** Follows from its first state on, which says that the stream is open and subscribed. */
async function following(
  node: TestApi,
  who: Parameters<typeof follow>[1],
  jobId: string,
  lastEventId?: string,
): Promise<EventStream> {
  const stream = await follow(node, who, jobId, lastEventId);
  expect(stream.status).toBe(200);
  expect((await stream.next())?.event).toBe('state');
  return stream;
}

async function until(stream: EventStream, event: string): Promise<StreamedEvent> {
  for (let next = await stream.next(); next; next = await stream.next())
    if (next.event === event) return next;
  throw new Error(`The stream ended without ${event}`);
}

const names = (events: readonly StreamedEvent[]) => events.map(({ event }) => event);
const statesOf = (events: readonly StreamedEvent[]) =>
  events.filter(({ event }) => event === 'state').map(({ data }) => data.state as string);

describe('a HEAD', () => {
  it('of an event stream opens none, and says what the GET says', async () => {
    const tenant = await exhaustedTenant(api);
    const id = await parked(tenant);
    const path = `/jobs/${id}/events`;
    for (let n = 0; n < 20; n += 1) {
      const head = await fetch(front.url + path, { method: 'HEAD', headers: { 'x-tenant-id': tenant } });
      expect(head.status).toBe(200);
    }
    expect(streamsOf(front).size).toBe(0);
    const stream = await following(front, tenant, id);
    const head = await fetch(front.url + path, { method: 'HEAD', headers: { 'x-tenant-id': tenant } });
    for (const name of ['content-type', 'cache-control', 'x-accel-buffering'])
      expect([name, head.headers.get(name)]).toEqual([name, stream.headers.get(name)]);
    const streams = [stream];
    while (streams.length < 4) streams.push(await following(front, tenant, id));
    const full = await fetch(front.url + path, { method: 'HEAD', headers: { 'x-tenant-id': tenant } });
    expect([full.status, full.headers.get('retry-after')]).toEqual([429, '5']);
    for (const one of streams) one.leave();
    await none(front);
    tried('HEAD', 22);
  });

  it('of every route answers as the GET does, without a body, and leaves nothing open', async () => {
    const tenant = await exhaustedTenant(api);
    const job = await parked(tenant);
    await api.admin('POST', `/admin/tenants/${tenant}/overrides`, {
      limit: 'tokens_daily',
      value: 5,
      reason: 'Try',
    });
    const override = await api.prisma.override.findFirstOrThrow({ where: { tenantId: tenant } });
    const command = await api.admin('POST', '/admin/queue/pause', { tenant_id: await newTenant(api) });
    expect(command.status).toBe(200);
    const { id: commandId } = await api.prisma.adminCommand.findFirstOrThrow({ select: { id: true } });
    const things: Record<string, string> = { tenantId: tenant, name: 'free', id: job };
    const there = (path: string) =>
      path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
        if (path.includes('/overrides/') && name === 'id') return String(override.id);
        if (path.includes('/commands/') && name === 'id') return commandId;
        return path.includes('/models/') ? '*' : things[name]!;
      });
    const paths = routesOf()
      .filter(({ method }) => method === 'GET')
      .flatMap(({ path }) => [there(path), path.replaceAll(/\{[^}]+\}/g, '4711')]);
    const people: Record<string, string>[] = [{ 'x-tenant-id': tenant }, { 'x-admin-key': ADMIN_KEY }, {}];
    const seen = new Set<number>();
    let inputs = 0;
    for (const path of new Set(paths)) {
      for (const headers of people) {
        const [head, get] = [await ask('HEAD', path, headers), await ask('GET', path, headers)];
        expect([path, head.status, head.headers]).toEqual([path, get.status, get.headers]);
        expect([path, head.length]).toEqual([path, 0]);
        seen.add(head.status);
        inputs += 1;
      }
    }
    expect([...seen].sort()).toEqual(expect.arrayContaining([200, 401, 404]));
    await none(front);
    expect(inputs).toBeGreaterThan(100);
    tried('HEAD', inputs);
  });

  const KEPT = ['content-type', 'etag', 'cache-control', 'www-authenticate', 'allow', 'x-accel-buffering'];

  async function ask(method: string, path: string, headers: Record<string, string>) {
    const line = new AbortController();
    const response = await fetch(front.url + path, { method, headers, signal: line.signal });
    const isStream = response.headers.get('content-type')?.includes('event-stream') === true;
    const length = isStream && method === 'GET' ? -1 : (await response.arrayBuffer()).byteLength;
    line.abort();
    const kept = KEPT.map((name) => [name, response.headers.get(name)]);
    return { status: response.status, headers: kept, length };
  }
});

describe('a stream ends with the identity of its owner, and says why', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const jwt = (tenant: string, seconds: number) =>
    new SignJWT({ tenant_id: tenant })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
      .sign(new TextEncoder().encode(SECRET));
  const apiKey = async (tenant: string) =>
    (await api.admin('POST', `/admin/tenants/${tenant}/api-keys`, { name: 'try' })).body as {
      id: number;
      key: string;
    };
  const lastOf = async (stream: EventStream) => (await stream.rest()).at(-1);

  it.each([
    [
      'its key is revoked',
      'unauthenticated',
      async (tenant: string) => {
        const { id, key } = await apiKey(tenant);
        return {
          who: bearer(key),
          end: () => api.admin('DELETE', `/admin/tenants/${tenant}/api-keys/${id}`),
        };
      },
    ],
    [
      'the tenant of its JWT is suspended',
      'tenant_suspended',
      async (tenant: string) => ({
        who: bearer(await jwt(tenant, 300)),
        end: () => api.admin('PATCH', `/admin/tenants/${tenant}`, { status: 'suspended' }),
      }),
    ],
    [
      'the tenant of its key is removed',
      'unauthenticated',
      async (tenant: string) => ({
        who: bearer((await apiKey(tenant)).key),
        end: () => api.admin('DELETE', `/admin/tenants/${tenant}`),
      }),
    ],
    [
      'the tenant of its header is removed',
      'unauthenticated',
      async (tenant: string) => ({
        who: { 'x-tenant-id': tenant },
        end: () => api.admin('DELETE', `/admin/tenants/${tenant}`),
      }),
    ],
  ])('at once on every node: %s', async (_, code, arrange) => {
    const [tenant, bystander] = [await exhaustedTenant(api), await exhaustedTenant(api)];
    const [id, other] = [await parked(tenant), await parked(bystander)];
    const { who, end } = await arrange(tenant);
    const streams = [await following(front, who, id), await following(front, who, id)];
    const beside = await following(front, bystander, other);
    expect((await end()).status).toBeLessThan(300);
    for (const stream of streams) {
      const last = await lastOf(stream);
      expect([last?.event, last?.data.code, last?.id]).toEqual(['closed', code, undefined]);
      expect(last?.data.detail).toMatch(/\.$/);
    }
    while (streamsOf(front).size > 1) await turn();
    // The stream of nobody concerned goes on to its end.
    await api.send('DELETE', `/jobs/${other}`, { 'x-tenant-id': bystander });
    expect((await until(beside, 'result')).data.state).toBe('cancelled');
    tried('stream', streams.length);
  });

  it.each([
    [
      'its JWT expires',
      'unauthenticated',
      // Five seconds of tolerance: it is in force for one more.
      async (tenant: string) => ({ who: bearer(await jwt(tenant, -3)), end: () => undefined }),
    ],
    [
      'its key expires',
      'unauthenticated',
      async (tenant: string) => {
        const key = `fsk_${randomUUID()}`;
        const hash = createHash('sha256').update(key).digest('hex');
        const expiresAt = new Date(Date.now() + 1_500);
        await api.prisma.apiKey.create({ data: { tenantId: tenant, prefix: 'fsk_', hash, expiresAt } });
        return { who: bearer(key), end: () => undefined };
      },
    ],
    [
      'its key was revoked, and the push was lost',
      'unauthenticated',
      async (tenant: string, node: TestApi) => {
        const { id, key } = await apiKey(tenant);
        const end = async () => {
          await api.prisma.apiKey.update({ where: { id }, data: { revokedAt: new Date() } });
          // As when 60 s have gone by.
          const { keys } = node.app.get<{ keys: { known: Map<string, unknown> } }>(ApiKeys);
          keys.known.clear();
        };
        return { who: bearer(key), end };
      },
    ],
    [
      'its tenant was suspended, and the push was lost',
      'tenant_suspended',
      async (tenant: string) => ({
        who: { 'x-tenant-id': tenant },
        end: () => api.prisma.tenant.update({ where: { id: tenant }, data: { status: 'suspended' } }),
      }),
    ],
    [
      'its tenant was removed, and the push was lost',
      'unauthenticated',
      async (tenant: string) => ({
        who: { 'x-tenant-id': tenant },
        end: () => api.prisma.tenant.delete({ where: { id: tenant } }),
      }),
    ],
    [
      'its job is gone',
      'not_found',
      async (tenant: string) => ({
        who: { 'x-tenant-id': tenant },
        end: async () => {
          await api.prisma.job.deleteMany({ where: { tenantId: tenant } });
          await api.send('POST', '/admin/queue/purge', { 'x-admin-key': ADMIN_KEY }, { tenant_id: tenant });
        },
      }),
    ],
  ])('at the next heartbeat: %s', async (_, code, arrange) => {
    const node = await another(HEARTBEATS);
    try {
      const tenant = await exhaustedTenant(api);
      const id = await parked(tenant);
      const { who, end } = await arrange(tenant, node);
      const stream = await following(node, who, id);
      await end();
      const last = await lastOf(stream);
      expect([last?.event, last?.data.code]).toEqual(['closed', code]);
      await none(node);
      tried('stream', 1);
    } finally {
      await node.close();
    }
  });
});

describe('an operator’s command reaches followers at once', () => {
  it('a purge of a tenant: what waits, and what runs', async () => {
    const tenant = await newTenant(api, { concurrent_queries: 1 });
    held = holdExecutor(api);
    const jobs: string[] = [];
    void api.query(tenant, 'holds the only place').catch(() => undefined);
    await held.began();
    for (let n = 0; n < 3; n += 1) jobs.push(await parked(tenant));
    await setLimits(api, tenant, { concurrent_queries: 2 });
    await held.began(2);
    const streams = await Promise.all(jobs.map((id) => following(front, tenant, id)));
    const answer = await api.admin('POST', '/admin/queue/purge', { tenant_id: tenant });
    expect(answer.status).toBe(200);
    for (const stream of streams) expect((await until(stream, 'result')).data.state).toBe('cancelled');
    await none(front);
    tried('stream', streams.length);
  });

  it('a purge of all', async () => {
    const tenants = [await exhaustedTenant(api), await exhaustedTenant(api)];
    const streams: EventStream[] = [];
    for (const tenant of tenants) streams.push(await following(front, tenant, await parked(tenant)));
    expect((await api.admin('POST', '/admin/queue/purge', { all: true })).status).toBe(200);
    for (const stream of streams) expect((await until(stream, 'result')).data.state).toBe('cancelled');
    tried('stream', streams.length);
  });

  it.each([
    ['one', (_: string, id: string) => ({ job_id: id })],
    ['those of a tenant', (tenant: string) => ({ tenant_id: tenant })],
    ['all', () => ({ all: true })],
  ])('a requeue of %s: its job can be followed again with its old Last-Event-ID', async (_, body) => {
    const tenant = await exhaustedTenant(api);
    const { id, last } = await dead(tenant);
    expect((await follow(front, tenant, id, last)).status).toBe(204);
    held = holdExecutor(api);
    expect((await api.admin('POST', '/admin/queue/requeue', body(tenant, id))).status).toBe(200);
    const again = await follow(front, tenant, id, last);
    expect(again.status).toBe(200);
    await setLimits(api, tenant, { queries_hourly: 10 });
    held.release();
    const events = await again.rest();
    expect(names(events).at(-1)).toBe('result');
    expect(statesOf(events).at(-1)).toBe('succeeded');
    // The end of before is not the end of now.
    expect(statesOf(await (await follow(front, tenant, id, last)).rest())).toEqual(['succeeded']);
    expect((await follow(front, tenant, id, events.at(-1)!.id)).status).toBe(204);
    tried('stream', 3);
  });

  it('a requeue: a follower that came meanwhile hears of the place in line', async () => {
    const tenant = await exhaustedTenant(api);
    const { id, last } = await dead(tenant);
    // As between the journal and the queue: the one says waiting, the other dead.
    await api.prisma.job.update({ where: { id }, data: { state: 'waiting', finishedAt: null } });
    const stream = await follow(front, tenant, id, last);
    expect(await stream.comment()).toBe(':');
    expect((await api.admin('POST', '/admin/queue/requeue', { job_id: id })).status).toBe(200);
    expect(await stream.next()).toMatchObject({ event: 'state', data: { state: 'waiting' } });
    stream.leave();
    await none(front);
    tried('stream', 1);
  });

  /** A dead job, out of quota again, and the id of its last event. */
  async function dead(tenant: string): Promise<{ id: string; last: string }> {
    const id = await parked(tenant);
    const stream = await following(front, tenant, id);
    held = holdExecutor(api);
    await setLimits(api, tenant, { queries_hourly: 2 });
    await held.began();
    held.release(new UpstreamRefusedError(404));
    const { id: last, data } = await until(stream, 'result');
    expect(data.state).toBe('dead');
    held.restore();
    return { id, last };
  }
});

describe('a Last-Event-ID', () => {
  it('that means nothing tells everything', async () => {
    const tenant = await exhaustedTenant(api);
    const [id, other] = [await parked(tenant), await parked(tenant)];
    for (const job of [id, other]) await api.send('DELETE', `/jobs/${job}`, { 'x-tenant-id': tenant });
    const all = await (await follow(front, tenant, id)).rest();
    expect(names(all)).toEqual(['state', 'result']);
    const end = all.at(-1)!.id;
    const ofOther = (await (await follow(front, tenant, other)).rest()).map((event) => event.id);
    const nonsense = [
      'what?',
      '%00',
      '0',
      '-1',
      id,
      other,
      'x'.repeat(2_000),
      'cancelled.0.end',
      `${end}0`,
      ` ${end}x`,
      end.replace('cancelled', '__proto__'),
      end.replace(/end\d+/, 'end99999999999999999999'),
      end.replace(/end\d+/, 'end1'),
      ...ofOther,
    ];
    for (const text of nonsense) {
      const stream = await follow(front, tenant, id, text);
      expect([text, stream.status, names(await stream.rest())]).toEqual([text, 200, names(all)]);
    }
    tried('stream', nonsense.length);
  });

  it('of before the end tells the rest; of the end, that there is nothing more', async () => {
    const tenant = await exhaustedTenant(api);
    const id = await parked(tenant);
    const stream = await follow(front, tenant, id);
    const before = [(await stream.next())!.id, (await stream.next())!.id];
    await api.send('DELETE', `/jobs/${id}`, { 'x-tenant-id': tenant });
    const [state, result] = await stream.rest();
    for (const last of before)
      expect(names(await (await follow(front, tenant, id, last)).rest())).toEqual(['state', 'result']);
    expect(names(await (await follow(front, tenant, id, state!.id)).rest())).toEqual(['result']);
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'x-tenant-id': tenant, 'last-event-id': result!.id };
      const { status } = await fetch(`${front.url}/jobs/${id}/events`, { method, headers });
      expect([method, status]).toEqual([method, 204]);
    }
    tried('stream', 5);
  });
});

describe('a node that shuts down', () => {
  it('ends its streams, also while work is under way, and opens no other', async () => {
    const node = await startApi({ FREE_REQUEST_LIMITS: 'false', ...PUSHED_ONLY }, api.data);
    const tenant = await exhaustedTenant(api);
    const id = await parked(tenant);
    const streams = [await following(node, tenant, id), await following(node, tenant, id)];
    const closed = node.close();
    for (const stream of streams) expect(names(await stream.rest())).not.toContain('closed');
    await closed;
    expect(streamsOf(node).size).toBe(0);
    expect(() =>
      streamsOf(node).open({ row: { id, tenantId: tenant } as never, seen: {}, request: {} as never }),
    ).toThrow('shuts down');
    tried('stream', streams.length + 1);
  });
});
