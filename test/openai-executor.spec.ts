import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApi, type TestApi } from './support/api.js';
import {
  breakOff,
  completion,
  type OpenAiServer,
  type Reaction,
  refusal,
  silence,
  startOpenAi,
} from './support/openai-server.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from './support/tenants.js';

const KEY = 'sk-very-secret';
const SETTINGS = { EXECUTOR: 'openai', OPENAI_API_KEY: KEY, QUOTA_DEADLINE_MS: '5000' };

let upstream: OpenAiServer;
let api: TestApi;
/** The same upstream, and little patience. */
let hasty: TestApi;

beforeAll(async () => {
  upstream = await startOpenAi();
  api = await startApi({ ...SETTINGS, OPENAI_BASE_URL: upstream.url });
  hasty = await startApi(
    { ...SETTINGS, OPENAI_BASE_URL: `${upstream.url}/`, OPENAI_TIMEOUT_MS: '400', WORKER: 'off' },
    api.data,
  );
});
beforeEach(() => {
  upstream.next(completion('fine'));
  (upstream.asked as unknown[]).length = 0;
});
afterAll(async () => {
  await hasty.close();
  await api.close();
  await upstream.close();
});

describe('the executor openai', () => {
  it('asks the model and charges the usage that it tells', async () => {
    const tenant = await newTenant(api);
    const answer = await api.query(tenant, 'What is fair?', { model: 'gpt-4', max_tokens: 100 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      text: 'fine',
      model: 'gpt-4',
      simulated: false,
      usage: { prompt_tokens: 7, completion_tokens: 5 },
    });
    expect(upstream.asked).toEqual([
      {
        path: '/v1/chat/completions',
        authorization: `Bearer ${KEY}`,
        body: { model: 'gpt-4', messages: [{ role: 'user', content: 'What is fair?' }], max_tokens: 100 },
      },
    ]);
    expect(await limitOf(api, tenant, 'tokens_daily')).toMatchObject({ used: 12, held: 0 });
  });

  it('counts the tokens itself where the answer tells no usage', async () => {
    const tenant = await newTenant(api);
    upstream.next(completion('one two three', null));
    const { usage } = (await api.query(tenant, 'count')).body;
    expect(usage).toMatchObject({ prompt_tokens: 1, completion_tokens: 3 });
    expect(await limitOf(api, tenant, 'tokens_daily')).toMatchObject({ used: 4, held: 0 });
  });

  it.each<[string, Reaction[], number]>([
    ['429 with retry-after in seconds', [refusal(429, { 'retry-after': '0' }), completion('ok')], 2],
    [
      '429 with a date of the past',
      [refusal(429, { 'retry-after': new Date(0).toUTCString() }), completion('ok')],
      2,
    ],
    ['500 twice', [refusal(500), refusal(503), completion('ok')], 3],
    ['a connection that breaks off', [breakOff, completion('ok')], 2],
  ])('tries again after %s, and charges once', async (_, reactions, times) => {
    const tenant = await newTenant(api);
    upstream.next(...reactions);
    expect((await api.query(tenant, 'again')).body.text).toBe('ok');
    expect(upstream.asked).toHaveLength(times);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it.each<[string, Reaction, number, string, number, string | null]>([
    ['a wrong key', refusal(401), 502, 'upstream_failed', 1, null],
    ['a redirect', refusal(302, { location: 'http://127.0.0.1:1/' }), 502, 'upstream_failed', 1, null],
    ['429 for longer than its time', refusal(429, { 'retry-after': '7' }), 502, 'upstream_failed', 1, '7'],
  ])('tells of %s, and charges nothing', async (_, reaction, status, code, times, retryAfter) => {
    const tenant = await newTenant(api);
    upstream.next(reaction);
    const answer = await hasty.query(tenant, 'hopeless');
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
      status,
      code,
      retryAfter,
    ]);
    expect(JSON.stringify(answer.body)).not.toContain(KEY);
    expect(upstream.asked).toHaveLength(times);
    for (const name of ['queries_hourly', 'tokens_daily']) {
      expect(await limitOf(api, tenant, name)).toMatchObject({ used: 0, held: 0 });
    }
  });

  it.each<[string, 'refuse' | 'never shake hands']>([
    ['is refused', 'refuse'],
    ['is not made in its time', 'never shake hands'],
  ])('tells of a connection that %s, charges nothing, and shows the key nowhere', async (_, manner) => {
    const listener = createServer();
    const sockets: Socket[] = [];
    listener.on('connection', (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    // TLS with someone who takes the connection and says nothing; or nobody there at all.
    const scheme = manner === 'refuse' ? 'http' : 'https';
    if (manner === 'refuse') await new Promise((resolve) => listener.close(resolve));
    const written: string[] = [];
    const logs = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        written.push(String(chunk));
        return true;
      }),
    );
    const settings = { OPENAI_CONNECT_TIMEOUT_MS: '50', OPENAI_MAX_RETRIES: '1', LOG_LEVEL: 'verbose' };
    const url = `${scheme}://127.0.0.1:${port}`;
    const node = await startApi({ ...SETTINGS, ...settings, OPENAI_BASE_URL: url, WORKER: 'off' }, api.data);
    try {
      const tenant = await newTenant(node);
      const answer = await node.query(tenant, 'anybody there?');
      expect([answer.status, answer.body.code]).toEqual([502, 'upstream_failed']);
      expect(sockets).toHaveLength(manner === 'refuse' ? 0 : 2);
      expect(await limitOf(node, tenant)).toMatchObject({ used: 0, held: 0 });
      expect(written.join('')).toContain('NestFactory'); // it was listened to
      expect(written.join('') + JSON.stringify(answer.body)).not.toContain(KEY);
    } finally {
      logs.forEach((log) => log.mockRestore());
      await node.close();
      sockets.forEach((socket) => socket.destroy());
      listener.close();
    }
  });

  it('hangs up when its client does', async () => {
    const tenant = await newTenant(api);
    upstream.next(silence);
    const [received, left] = [upstream.received(), upstream.left()];
    const line = new AbortController();
    const headers = { 'content-type': 'application/json', 'x-tenant-id': tenant };
    const body = JSON.stringify({ query: 'never mind' });
    const call = fetch(`${api.url}/query`, { method: 'POST', headers, body, signal: line.signal });
    await received;
    line.abort();
    await expect(call).rejects.toThrow();
    await left;
    while ((await limitOf(api, tenant)).held > 0);
    // It was sent, and so it is paid for.
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('does not try a queued query again that is refused for good, until an operator says so', async () => {
    const tenant = await exhaustedTenant(api);
    upstream.next(refusal(400));
    const { body } = await api.query(tenant, 'queued');
    await setLimits(api, tenant, { queries_hourly: 2 });
    let job = await api.get(tenant, `/jobs/${body.job_id}`);
    while (job.body.finished_at === null) job = await api.get(tenant, `/jobs/${body.job_id}`);
    expect(job.body).toMatchObject({ state: 'dead', attempts: 1, result: null });
    expect(job.body.error.message).toContain('400');
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });

    upstream.next(completion('fine after all'));
    await setLimits(api, tenant, { queries_hourly: 3 });
    const requeue = { tenant_id: tenant, job_id: body.job_id };
    expect((await api.admin('POST', '/admin/queue/requeue', requeue)).body).toMatchObject({
      tenant_id: tenant,
      requeued: 1,
      state: 'done',
    });
    while (job.body.state !== 'succeeded') job = await api.get(tenant, `/jobs/${body.job_id}`);
    expect(job.body).toMatchObject({ attempts: 1, error: null, result: { text: 'fine after all' } });
  });
});
