import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LimitState } from 'fairshare/quota';
import { parseTenantId } from 'fairshare/quota';
import { UsageBuffer } from '../../apps/api/src/usage/usage-buffer.js';
import { UsageWriter } from '../../apps/api/src/usage/usage-writer.js';
import { startApi, type TestApi } from '../support/api.js';
import { newTenant } from '../support/tenants.js';

let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  api = await startApi();
  other = await startApi({}, api.data);
});
afterAll(async () => {
  await other.close();
  await api.close();
});

const HOUR_MS = 3_600_000;
const now = Date.now();
const windowEndMs = now - (now % HOUR_MS) + HOUR_MS;

/** A node says what it saw, and writes it. */
async function sees(node: TestApi, tenantId: string, used: number, { atMs = now, verb = 'spend' } = {}) {
  const limit = { id: 1, resource: 'queries', kind: 'window', resetsAtMs: windowEndMs, used };
  node.app.get(UsageBuffer, { strict: false }).recorded({
    tenantId: parseTenantId(tenantId),
    verb: verb as 'spend',
    outcome: 'spent',
    limits: [limit as unknown as LimitState],
    charged: {},
    overruns: [],
    decidedAtMs: atMs,
  });
  await node.app.get(UsageWriter, { strict: false }).flush();
}

async function ledgerOf(tenantId: string): Promise<number> {
  const row = await api.prisma.usageLedger.findFirstOrThrow({ where: { tenantId, limitId: 1 } });
  return Number(row.used);
}

describe('the ledger within a window', () => {
  it('is not overwritten by what an older memory of Redis says later', async () => {
    const tenantId = await newTenant(api);
    await sees(api, tenantId, 65);
    await sees(api, tenantId, 26, { atMs: now + 10 });
    await sees(other, tenantId, 27, { atMs: now + 20 });
    expect(await ledgerOf(tenantId)).toBe(65);
  });

  it('takes the late row of a node whose database was frozen, though another wrote since', async () => {
    const tenantId = await newTenant(api);
    await sees(other, tenantId, 47, { atMs: now + 20 });
    await sees(api, tenantId, 111);
    expect(await ledgerOf(tenantId)).toBe(111);
  });

  it('is lowered by an operator’s reset alone, and by nothing from before it', async () => {
    const tenantId = await newTenant(api);
    await sees(api, tenantId, 65);
    await sees(api, tenantId, 0, { atMs: now + 10, verb: 'reset' });
    await sees(other, tenantId, 66, { atMs: now + 9 });
    expect(await ledgerOf(tenantId)).toBe(0);
    await sees(other, tenantId, 3, { atMs: now + 11 });
    expect(await ledgerOf(tenantId)).toBe(3);
  });
});
