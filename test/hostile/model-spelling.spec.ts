import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countTokens } from '../../apps/api/src/executors/tokenizer.js';
import { UnknownModels } from '../../apps/api/src/usage/unknown-models.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { limitOf } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const FAST = { SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0', WORKER: 'off' };
const TENANT = 'tenant_big';
const ROWS = ['gpt-4', 'gpt-4o', 'gpt-4-32k', 'gpt-3.5-turbo'];
const QUERY = 'word '.repeat(2_000);

let api: TestApi;
let strict: TestApi;

beforeAll(async () => {
  api = await startApi(FAST);
  strict = await startApi({ ...FAST, UNKNOWN_MODELS: 'refuse' }, api.data);
});
afterAll(async () => {
  await strict.close();
  await api.close();
});

/** What clients write for one model. */
function writings(model: string): string[] {
  const dated = ['-0613', '-20240229', '-2024-08-06', '@2024-08-06', '-0613-2024-08-06'].map(
    (suffix) => model + suffix,
  );
  const cased = [model, ...dated].flatMap((name) => [name, name.toUpperCase()]);
  return cased.flatMap((name) => [name, `openai/${name}`, `openrouter/OpenAI/${name}`]);
}

async function units(model: string): Promise<number> {
  const { status, body } = await api.query(TENANT, QUERY, { model, max_tokens: 1 });
  expect({ model, status }).toEqual({ model, status: 200 });
  return body.usage.cost_units as number;
}

describe('one model by many spellings', () => {
  it.each(ROWS)('%s costs the same, however it is written', async (model) => {
    const price = await units(model);
    for (const writing of writings(model)) {
      expect({ writing, units: await units(writing) }).toEqual({ writing, units: price });
    }
    tried('model spelling', writings(model).length);
  });

  it('an unknown one costs no less than the dearest', async () => {
    const dearest = await units('gpt-4-32k');
    const unknown = ['surprise', 'gpt-4-1399', 'openai/gpt-5000', 'gpt-4:free', 'gpt-4-', '-0613', 'x/'];
    for (const model of unknown) {
      expect({ model, units: await units(model) }).toEqual({ model, units: dearest });
    }
    tried('model spelling', unknown.length);
  });
});

describe('an unknown model', () => {
  it('is shown to operators once, with its queries of all nodes, and in metrics', async () => {
    const name = 'never-heard-of';
    for (let times = 0; times < 3; times += 1) await api.query(TENANT, 'Question', { model: name });
    expect((await strict.query(TENANT, 'Question', { model: name })).status).toBe(400);
    await strict.admin('GET', '/admin/unknown-models');
    const { status, body } = await api.admin('GET', '/admin/unknown-models?limit=1000');
    const shown = body.models.filter((model: { name: string }) => model.name === name);
    expect([status, shown]).toEqual([
      200,
      [{ name, count: 4, first_seen_at: expect.any(String), last_seen_at: expect.any(String) }],
    ]);
    expect(shown[0].first_seen_at <= shown[0].last_seen_at).toBe(true);
    const names = body.models.map((model: { name: string }) => model.name);
    for (const known of writings('gpt-4o')) expect(names).not.toContain(known);
    const metrics = await (
      await fetch(`${api.url}/metrics`, { headers: { 'x-admin-key': ADMIN_KEY } })
    ).text();
    expect(metrics).toMatch(/fairshare_quota_unknown_models [1-9]/);
    tried('model spelling', 4);
  });

  it('of many names fills no more than about a thousand rows', async () => {
    const unknown = api.app.get(UnknownModels, { strict: false });
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 600; n += 1) unknown.askedFor(`${'x'.repeat(200)}${n}`.slice(round * 10));
      for (let n = 0; n < 600; n += 1) unknown.askedFor(`flood-${round}-${n}`);
      await unknown.flush();
    }
    expect(await api.prisma.unknownModel.count()).toBeLessThanOrEqual(2_000);
    tried('model spelling', 4_800);
  });
});

describe('the tokens of a model', () => {
  it.each(['gpt-4o', 'gpt-4', 'gpt-5'])('%s are counted the same, however it is written', (model) => {
    const text = 'ein Übungsplatz, 東京都 и так далее: 12345678';
    for (const writing of writings(model)) {
      expect([writing, countTokens(text, writing)]).toEqual([writing, countTokens(text, model)]);
    }
    expect(countTokens(text, 'openai/gpt-5')).not.toBe(countTokens(text, 'gpt-4'));
    tried('model spelling', writings(model).length);
  });
});

describe('UNKNOWN_MODELS=refuse', () => {
  it('refuses an unknown model by name, and spends nothing', async () => {
    const used = async () => (await limitOf(strict, TENANT, 'queries_monthly')).used;
    const before = await used();
    const unknown = ['surprise', 'gpt-4-1399', 'openai/gpt-5000'];
    for (const model of unknown) {
      const { status, body } = await strict.query(TENANT, 'Question', { model });
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'invalid_request', 'model']);
      expect(body.detail).toContain(JSON.stringify(model));
    }
    expect(await used()).toBe(before);
    expect((await strict.query(TENANT, 'Question', { model: 'OpenAI/GPT-4-0613' })).status).toBe(200);
    tried('model spelling', unknown.length);
  });
});
