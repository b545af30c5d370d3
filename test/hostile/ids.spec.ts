import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalTenantId } from 'fairshare/ids';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { exhaustedTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

let api: TestApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.close());

/** Each is its own form, or has another one, or is no id at all. */
const IDS = [
  'plain',
  'a b',
  'a/b',
  'a%2Fb',
  '%',
  '?',
  '#',
  "';--",
  '{a}',
  '}',
  'all',
  'other',
  'root',
  '...',
  '**',
  'null',
  'ünï',
  'Ωmega',
  '日'.repeat(128),
  '😀'.repeat(128),
  '/'.repeat(128),
  '%'.repeat(128),
  'cafe\u0301',
  '\u212b',
  'e\u0301'.repeat(128),
  '가'.normalize('NFD'),
  '.',
  '..',
  '*',
  ' a',
  'a ',
  '\u00a0',
  'a\u00a0b',
  '\u3000a',
  'a\u200bb',
  'a\u200d',
  '\u202ea',
  'a\ufe0f',
  'a\u034fb',
  '\u3164',
  '\u2800',
  'a\u00ad',
  'a\ue000',
  'x'.repeat(129),
  '日'.repeat(129),
  'a\tb',
  'a\u2028',
  '\ufeffa',
  'a\u{e0041}',
  'a\u{1bca0}',
];

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const inUtf8 = (id: string) => Buffer.from(id).toString('latin1');

describe('a tenant id', () => {
  it('has one form for HTTP, quota, queue, SQL and paths, or is refused by all of them', async () => {
    for (const id of IDS) {
      const form = canonicalTenantId(id);
      const made = await api.admin('POST', '/admin/tenants', { id, tier: 'free' });
      expect({ id, status: made.status }).toEqual({ id, status: form === undefined ? 400 : 201 });
      const path = `/admin/tenants/${encodeURIComponent(id)}`;
      // A client drops . and .. itself; Node's own does not.
      const read = id === '.' || id === '..' ? { status: 400, body: {} } : await api.admin('GET', path);
      expect({ id, status: read.status, form: read.body.id }).toEqual({
        id,
        status: form === undefined ? 400 : 200,
        form,
      });
      if (form === undefined) continue;
      expect(made.body.id).toBe(form);
      const again = await api.admin('POST', '/admin/tenants', { id: form, tier: 'free' });
      expect({ id, status: again.status }).toEqual({ id, status: 409 });
      for (const written of [id, form]) {
        const status = await api.send('GET', '/quota/status', { 'x-tenant-id': inUtf8(written) });
        expect({ id, status: status.status, form: status.body.tenant_id }).toEqual({ id, status: 200, form });
      }
    }
    tried('ids', IDS.length);
  });

  it('has that form in commands and in audit rows, too', async () => {
    for (const id of ['o\u0308-ops', 'a/b ops', '😀 ops']) {
      const form = id.normalize();
      await api.admin('POST', '/admin/tenants', { id, tier: 'free' });
      const line = await api.admin('GET', `/admin/queue/${encodeURIComponent(id)}`);
      expect({ id, status: line.status }).toEqual({ id, status: 200 });
      const paused = await api.admin('POST', '/admin/queue/pause', { tenant_id: id });
      expect(paused.body).toMatchObject({ tenant_id: form, state: 'done' });
      expect((await api.admin('DELETE', `/admin/tenants/${encodeURIComponent(id)}`)).status).toBe(204);
      const { body } = await api.admin('GET', `/admin/audit?tenant_id=${encodeURIComponent(id)}`);
      const rows = body.entries as { action: string }[];
      expect(rows.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['tenant.create', 'queue.pause', 'tenant.delete']),
      );
    }
    tried('ids', 3);
  });

  it('is told apart by SQL as it is here', async () => {
    for (const id of IDS) {
      const [row] = await api.prisma.$queryRaw<[{ is: boolean }]>`SELECT is_canonical_tenant_id(${id}) AS is`;
      expect({ id, is: row.is }).toEqual({ id, is: canonicalTenantId(id) === id });
    }
    await expect(api.prisma.tenant.create({ data: { id: '*', tierName: 'free' } })).rejects.toThrow();
    tried('ids', IDS.length);
  });

  it('has the same rule in SQL for every character', async () => {
    // To the end of the planes that are in use, and the tags and selectors far behind them.
    const codes = [range(1, 0xd7ff), range(0xe000, 0x2ffff), range(0xe0000, 0xe1fff)].flat();
    const [row] = await api.prisma.$queryRaw<[{ verdicts: string }]>`
      SELECT string_agg(is_canonical_tenant_id('a' || chr(code) || 'b')::int::text, '' ORDER BY code) AS verdicts
      FROM unnest(${codes}::int[]) AS code`;
    const wrong = codes.filter((code, index) => {
      const id = `a${String.fromCodePoint(code)}b`;
      return (canonicalTenantId(id) === id) !== (row.verdicts[index] === '1');
    });
    expect(wrong.map((code) => code.toString(16))).toEqual([]);
    tried('ids', codes.length);
  });

  it('in a header that is no UTF-8, or no id, is refused clearly', async () => {
    for (const header of ['caf\u00e9', '\u00ff', inUtf8('a\u200bb'), '*', '..', 'x'.repeat(129)]) {
      const { status, body } = await api.send('GET', '/quota/status', { 'x-tenant-id': header });
      expect([status, body.code]).toEqual([401, 'unauthenticated']);
      expect(body.detail).toMatch(/UTF-8|is no tenant id/);
    }
    tried('ids', 6);
  });
});

describe('a job id', () => {
  it('names the same job in any case, on every route', async () => {
    const tenant = await exhaustedTenant(api);
    const id = (await api.query(tenant, 'later')).body.job_id as string;
    const upper = id.toUpperCase();
    const header = { 'x-tenant-id': tenant };
    expect((await api.get(tenant, `/jobs/${upper}`)).body.job_id).toBe(id);
    expect((await api.send('DELETE', `/jobs/${upper}`, header)).status).toBe(202);
    // Where it was just asking for quota, it is told to stop.
    for (let state = ''; state !== 'cancelled';)
      state = (await api.get(tenant, `/jobs/${id}`)).body.state as string;
    expect((await api.send('DELETE', `/jobs/${upper}`, header)).status).toBe(409);
    for (const none of ['x', `{${id}}`, `urn:uuid:${id}`, id.replaceAll('-', ''), `${id} `])
      expect((await api.get(tenant, `/jobs/${encodeURIComponent(none)}`)).status).toBe(404);
    tried('ids', 8);
  });
});

describe('the name of an operator’s key', () => {
  it('never reads like ours or like another one', async () => {
    for (const name of ['root', 'Root', 'ROOT', 'rOOt']) {
      const made = await api.admin('POST', '/admin/keys', { name, role: 'read' });
      expect([name, made.status]).toEqual([name, 409]);
    }
    for (const name of [' root', 'root ', ' ', 'a ', 'a\u00a0', '(migration)', 'г', 'x'.repeat(65)]) {
      const made = await api.admin('POST', '/admin/keys', { name, role: 'read' });
      expect([name, made.status]).toEqual([name, 400]);
    }
    expect((await api.admin('POST', '/admin/keys', { name: 'Day-Shift', role: 'read' })).status).toBe(201);
    expect((await api.admin('POST', '/admin/keys', { name: 'day-shift', role: 'read' })).status).toBe(409);
    tried('ids', 14);
  });
});

describe('names of models', () => {
  it('are none that a path drops', async () => {
    const weights = {
      context_window: 10,
      input_micro_units_per_token: 1,
      output_micro_units_per_token: 1,
      minimum_units: 1,
    };
    for (const name of ['%2E', '%2E%2E', '%20gpt', 'gpt%20', 'g%C3%A9', '%00']) {
      expect(await statusOf('PUT', `/admin/models/${name}`, weights)).toBe(400);
    }
    for (const model of ['.', '..', '*', ' gpt-4', 'gpt-4 '])
      expect((await api.query('tenant_test', 'x', { model })).status).toBe(400);
    tried('ids', 11);
  });
});

/** By Node's own client, which sends a path as it is. */
function statusOf(method: string, path: string, body: object): Promise<number> {
  const headers = { 'x-admin-key': ADMIN_KEY, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(api.url, { method, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

describe('the migration of ids', () => {
  it('gives what is there its one form where it is unambiguous, and reports the rest', async () => {
    const { prisma } = api;
    const sql = await readFile('prisma/migrations/20261125200100_canonical_ids/migration.sql', 'utf8');
    const unique = randomUUID();
    // As a database was before: without the rule.
    const undo = [
      'ALTER TABLE tenants DROP CONSTRAINT tenants_id_form',
      'DROP FUNCTION is_canonical_tenant_id(TEXT)',
      'ALTER TABLE tenants ADD CONSTRAINT tenants_id_length CHECK (char_length(id) BETWEEN 1 AND 128)',
      'DROP INDEX admin_keys_name_in_any_case',
      'ALTER TABLE admin_keys DROP CONSTRAINT admin_keys_name_form',
    ];
    for (const one of undo) await runScript(one);
    const before = {
      nfd: `cafe\u0301-${unique}`,
      blank: ` b-${unique} `,
      twin: `t-${unique}`,
      twinBlank: `t-${unique} `,
      pairNfd: ` e\u0301-${unique}`,
      pairBlank: ` é-${unique}`,
      unseen: `u\u200b-${unique}`,
      longer: `\u0958${'x'.repeat(127)}`,
      star: '*',
      blankOnly: ' ',
      dots: '..',
    };
    const all = Object.values(before);
    for (const id of all) await prisma.tenant.create({ data: { id, tierName: 'free' } });
    await prisma.apiKey.createMany({
      data: all.map((id) => ({ tenantId: id, prefix: 'p', hash: unique + id })),
    });
    for (const name of ['Root', ' Ops ', 'ops'])
      await prisma.adminKey.create({ data: { name, role: 'read', prefix: 'p', hash: `${unique}${name}` } });
    await runScript(sql);
    const renamed = /^renamed-[0-9a-f]{16}$/;
    const expected: Record<keyof typeof before, string | RegExp> = {
      nfd: `café-${unique}`,
      blank: `b-${unique}`,
      twin: before.twin,
      twinBlank: renamed,
      pairNfd: renamed,
      pairBlank: renamed,
      unseen: renamed,
      longer: renamed,
      star: renamed,
      blankOnly: renamed,
      dots: renamed,
    };
    const after = new Set<string>();
    for (const [kind, id] of Object.entries(before)) {
      const key = await prisma.apiKey.findUniqueOrThrow({ where: { hash: unique + id } });
      const to = expected[kind as keyof typeof before];
      expect({ kind, id: key.tenantId }).toEqual({
        kind,
        id: typeof to === 'string' ? to : expect.stringMatching(to),
      });
      after.add(key.tenantId);
      if (id === key.tenantId) continue;
      const [row] = await prisma.auditEntry.findMany({ where: { tenantId: key.tenantId } });
      expect(row).toMatchObject({
        action: 'tenant.id_migrated',
        before: { id },
        after: { id: key.tenantId },
      });
      expect((await api.admin('GET', `/admin/tenants/${key.tenantId}`)).status).toBe(200);
    }
    expect(after.size).toBe(all.length);
    const names = (await prisma.adminKey.findMany({ where: { prefix: 'p' } })).map(({ name }) => name);
    expect(names).toEqual([
      expect.stringMatching(/^Root-key-\d+$/),
      'Ops',
      expect.stringMatching(/^ops-key-\d+$/),
    ]);
    tried('ids', all.length + 3);
  });
});

/** Many statements at once, as the migration does. */
async function runScript(sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: api.data['DATABASE_URL'] });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
