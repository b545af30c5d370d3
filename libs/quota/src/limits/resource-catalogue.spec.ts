import { beforeEach, describe, expect, it } from '@jest/globals';
import { QuotaUnavailableError, UnknownResourceError } from '../quota.errors.js';
import type { CataloguedLimit } from './limit-source.js';
import { ResourceCatalogue } from './resource-catalogue.js';

const HOURLY = { name: 'queries_hourly', resource: 'queries' };
const DAILY = { name: 'tokens_daily', resource: 'tokens' };

let limits: CataloguedLimit[];
let read: () => Promise<readonly CataloguedLimit[]>;
let reads: number;
let nowMs: number;
let resources: ResourceCatalogue;
beforeEach(() => {
  limits = [HOURLY, DAILY];
  read = async () => limits;
  reads = nowMs = 0;
  const source = { catalogue: () => ((reads += 1), read()) };
  resources = new ResourceCatalogue(source, { resources: ['cost_units'] }, () => nowMs);
});

const ask = (...names: string[]) =>
  resources.mustKnow(Object.fromEntries(names.map((name) => [name, 1]))).then(
    () => 'known',
    (error: Error) => error.message,
  );

describe('ResourceCatalogue', () => {
  it('knows what limits count and what the application spends, from memory once it has read them', async () => {
    expect(await ask('queries', 'tokens', 'cost_units')).toBe('known');
    expect(resources.knows({ queries: 1, tokens: 2 })).toBe(true);
    nowMs = 1e9;
    expect(await ask('queries')).toBe('known');
    expect(reads).toBe(1);
  });

  it.each([
    ['bananas', 'No limit counts a resource "bananas". The resources are cost_units, queries, tokens.'],
    ['tokns', 'No limit counts a resource "tokns". Did you mean "tokens"? The resources are'],
    ['Queries', 'No limit counts a resource "Queries". Did you mean "queries"? The resources are'],
    ['queries_hourly', '"queries_hourly" is the name of a limit; the resource that it counts is "queries".'],
    ['constructor', 'No limit counts a resource "constructor".'],
    ['', 'No limit counts a resource "".'],
  ])('says of %s what to ask for instead', async (name, message) => {
    expect(await ask('queries', name)).toContain(message);
  });

  it('stays short however much is unknown', async () => {
    const names = Array.from({ length: 64 }, (_, index) => `${index}-${'x'.repeat(10_000)}`);
    expect((await ask(...names)).length).toBeLessThan(2_000);
  });

  it('reads for unknown names once in 5 s, and at once after a change was told', async () => {
    for (let times = 0; times < 5; times += 1) await ask('bananas');
    expect(reads).toBe(1);
    limits = [...limits, { name: 'bananas_daily', resource: 'bananas' }];
    expect(await ask('bananas')).not.toBe('known');
    resources.invalidate();
    expect(await ask('bananas')).toBe('known');
    limits = [...limits, { name: 'pears_daily', resource: 'pears' }];
    expect(await ask('pears')).not.toBe('known');
    nowMs += 5_000;
    expect(await ask('pears')).toBe('known');
  });

  it('does not keep what was read before a change that came meanwhile', async () => {
    let answer: (found: CataloguedLimit[]) => void = () => undefined;
    read = () => new Promise((resolve) => (answer = resolve));
    const asked = ask('bananas');
    await Promise.resolve();
    read = async () => [{ name: 'bananas_daily', resource: 'bananas' }];
    resources.invalidate();
    answer([]);
    expect(await asked).toBe('known');
  });

  it('reads once for all who ask at once', async () => {
    await Promise.all([ask('queries'), ask('tokens'), ask('bananas')]);
    expect(reads).toBe(1);
  });

  it('calls nothing unknown while the source is away, and does not ask it with every call', async () => {
    await ask('queries');
    nowMs += 10_000;
    read = () => Promise.reject(new Error('away'));
    const refused = () => resources.mustKnow({ bananas: 1 });
    await expect(refused()).rejects.toBeInstanceOf(QuotaUnavailableError);
    await expect(refused()).rejects.toBeInstanceOf(QuotaUnavailableError);
    expect(reads).toBe(2);
    expect(await ask('queries')).toBe('known');
    nowMs += 1_000;
    read = async () => limits;
    await expect(refused()).rejects.toBeInstanceOf(UnknownResourceError);
  });
});
