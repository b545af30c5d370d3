import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { toChatRequest } from '../apps/api/src/executors/chat-completion.js';
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
import { tried } from './support/tried.js';

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

  it.each<[string, string]>([
    ['gpt-4', 'max_tokens'],
    ['gpt-4o', 'max_tokens'],
    ['gpt-oss-20b', 'max_tokens'],
    ['olmo-2', 'max_tokens'],
    ['o3-mini', 'max_completion_tokens'],
    ['O1', 'max_completion_tokens'],
    ['openai/o4-mini', 'max_completion_tokens'],
    ['openrouter/openai/GPT-5-nano', 'max_completion_tokens'],
    ['gpt-5.1', 'max_completion_tokens'],
  ])('bounds the answer of %s by %s', (model, limit) => {
    const body = toChatRequest({ model, query: 'x', maxTokens: 9 });
    expect(body).toEqual({ model, messages: [{ role: 'user', content: 'x' }], [limit]: 9 });
    tried('upstream answers', 1);
  });

  it.each<[string, (body: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['identity', (body) => body],
    ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
  ])('reads an answer in %s', async (encoding, encode) => {
    const tenant = await newTenant(api);
    let accepted: unknown;
    upstream.next((response) => {
      accepted = response.req.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': encoding }).end(encode(answerOf('größer')));
    });
    expect((await api.query(tenant, 'packed')).body).toMatchObject({ status: 'succeeded', text: 'größer' });
    expect(accepted).toBe('gzip, deflate, br');
    tried('upstream answers', 1);
  });

  it.each<[string, string, () => Buffer]>([
    ['a bomb', 'gzip', () => gzipSync(answerOf('a'.repeat(17 * 1024 * 1024)))],
    ['what is not what it says', 'br', () => answerOf('plain')],
    ['what nobody asked for', 'zstd', () => answerOf('plain')],
  ])('takes no answer from %s (%s)', async (_, encoding, body) => {
    const tenant = await newTenant(api);
    upstream.next((response) => response.writeHead(200, { 'content-encoding': encoding }).end(body()));
    const { status, body: problem } = await api.query(tenant, 'packed');
    expect([status, problem.code]).toEqual([502, 'upstream_failed']);
    tried('upstream answers', 1);
  });

  it.each<[string, number, object, string]>([
    ['a bad field', 400, { error: { message: 'max_tokens is too\nlarge' } }, '400: max_tokens is too large'],
    ['an unknown model', 404, { error: { message: 'The model `x` does not exist' } }, '404: The model `x`'],
    ['a prompt that is too long', 413, { message: 'Too long' }, '413: Too long'],
    ['a rule', 422, { detail: 'No such role' }, '422: No such role'],
    ['no words', 400, {}, '400; '],
    ['many words', 400, { error: 'w'.repeat(500) }, `400: ${'w'.repeat(199)}…; `],
    ['the key', 400, { error: { message: `Bearer ${KEY}, ${KEY}` } }, '400: [key]'],
  ])('tells its client of %s, once, and charges nothing', async (_, upstreamStatus, said, detail) => {
    const tenant = await newTenant(api);
    upstream.next((response) => response.writeHead(upstreamStatus).end(JSON.stringify(said)));
    const { status, body } = await api.query(tenant, 'mistaken');
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.detail).toContain(`The upstream answered ${detail}`);
    expect(body.detail).toContain('nothing was charged');
    expect(JSON.stringify(body)).not.toContain(KEY);
    expect(upstream.asked).toHaveLength(1);
    expect(await limitOf(api, tenant, 'tokens_daily')).toMatchObject({ used: 0, held: 0 });
    tried('upstream answers', 1);
  });

  it.each<[string, Reaction, number]>([
    ['401', refusal(401), 1],
    ['403', refusal(403), 1],
    ['404 for the address', refusal(404), 1],
    ['500 not to be tried again', refusal(500, { 'x-should-retry': 'false' }), 1],
    ['429 not to be tried again', refusal(429, { 'x-should-retry': 'false' }), 1],
    ['400 to be tried again', refusal(400, { 'x-should-retry': 'true', 'retry-after-ms': '1' }), 3],
  ])('is the operator’s: %s', async (_, reaction, times) => {
    const tenant = await newTenant(api);
    upstream.next(reaction);
    const { status, body } = await api.query(tenant, 'not mine');
    expect([status, body.code]).toEqual([502, 'upstream_failed']);
    expect(upstream.asked).toHaveLength(times);
    tried('upstream answers', 1);
  });

  it('tells a client that waits for its queued query of its mistake', async () => {
    const tenant = await exhaustedTenant(api);
    upstream.next(refusal(422));
    const { body } = await api.query(tenant, 'queued');
    await setLimits(api, tenant, { queries_hourly: 2 });
    let job = await api.get(tenant, `/jobs/${body.job_id}`);
    while (job.body.finished_at === null) job = await api.get(tenant, `/jobs/${body.job_id}`);
    const error = { code: 'invalid_request', message: 'The upstream answered 422: Incorrect: [key]' };
    expect(job.body).toMatchObject({ state: 'dead', attempts: 1, error });
    tried('upstream answers', 1);
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

function answerOf(content: string): Buffer {
  const usage = { prompt_tokens: 1, completion_tokens: 1 };
  return Buffer.from(JSON.stringify({ choices: [{ message: { content } }], usage }));
}
