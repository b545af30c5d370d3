import { describe, expect, it } from '@jest/globals';
import { InvalidCostError, QuotaConfigurationError, QuotaUnavailableError } from '../quota.errors.js';
import { costUnits, DEFAULT_MODEL_WEIGHT } from './cost-units.js';
import type { ModelWeight } from './model-source.js';
import { checkModelWeight, ModelWeights } from './model-weights.js';

const GPT_4: ModelWeight = row('gpt-4', 6_000, 12_000, 5);
const GPT_3_5: ModelWeight = row('gpt-3.5-turbo', 500, 1_500, 1);

function row(name: string, input: number, output: number, minimumUnits: number): ModelWeight {
  const perToken = { inputMicroUnitsPerToken: input, outputMicroUnitsPerToken: output };
  return { name, contextWindow: 8_192, ...perToken, minimumUnits };
}

describe('costUnits', () => {
  it.each([
    ['nothing is the minimum', GPT_4, 0, 0, 5],
    ['a small call of a small model is 1', GPT_3_5, 300, 100, 1],
    ['a part of a unit counts whole', GPT_3_5, 2_001, 0, 2],
    ['GPT-4 with 8K of context', GPT_4, 7_168, 1_024, 56],
    ['a minimum of 0 is 1', row('m', 0, 0, 0), 1, 1, 1],
    ['no rounding on the way', row('m', 1, 0, 1), 9_007_199_254_740_991, 0, 9_007_199_255],
  ])('%s', (_, weight, inputTokens, outputTokens, units) => {
    expect(costUnits(weight, { inputTokens, outputTokens })).toBe(units);
  });

  it('weighs GPT-4 with 8K 40 to 80 times a small GPT-3.5 call', () => {
    const ratio =
      costUnits(GPT_4, { inputTokens: 7_168, outputTokens: 1_024 }) /
      costUnits(GPT_3_5, { inputTokens: 300, outputTokens: 100 });
    expect(ratio).toBeGreaterThanOrEqual(40);
    expect(ratio).toBeLessThanOrEqual(80);
  });

  it.each([-1, 0.5, NaN, Infinity, '5'])('refuses %p tokens', (tokens) => {
    expect(() => costUnits(GPT_4, { inputTokens: tokens as number, outputTokens: 0 })).toThrow(
      InvalidCostError,
    );
  });

  it('refuses what is more than can be counted', () => {
    const size = { inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: Number.MAX_SAFE_INTEGER };
    expect(() => costUnits(row('m', 10_000_000, 0, 1), size)).toThrow(InvalidCostError);
  });
});

describe('ModelWeights', () => {
  it('weighs an unknown model as the dearest of all rows for its size, `*` included, and names it once', async () => {
    const star = row('*', 1, 1, 9);
    const dearOutput = row('talker', 1, 90_000, 1);
    const told: string[] = [];
    const models = new ModelWeights(
      { loadAll: async () => [GPT_4, dearOutput, star] },
      undefined,
      undefined,
      {
        onUnknownModel: (name) => told.push(name),
      },
    );
    expect(await models.weightOf('gpt-4')).toBe(GPT_4);
    expect(models.unknownModels).toBe(0);
    expect(await models.costUnits('surprise', { inputTokens: 0, outputTokens: 0 })).toBe(9);
    expect(await models.costUnits('surprise', { inputTokens: 10_000, outputTokens: 0 })).toBe(60);
    expect(await models.costUnits('*', { inputTokens: 0, outputTokens: 1_000 })).toBe(90);
    expect(models.unknownModels).toBe(3);
    expect(models.unknownNames).toEqual(['surprise', '*']);
    expect(told).toEqual(['surprise', '*']);
  });

  it('keeps the first 1,000 unknown names, each cut at 100 characters', async () => {
    const models = new ModelWeights();
    for (let turn = 0; turn < 1_100; turn += 1) await models.weightOf(`${turn}-${'x'.repeat(1_000)}`);
    expect(models.unknownModels).toBe(1_100);
    expect(models.unknownNames.length).toBe(1_000);
    expect(Math.max(...models.unknownNames.map((name) => name.length))).toBe(100);
  });

  it('refuses an unknown model by rule, names it, and still weighs it when a call was made', async () => {
    const rule = { unknownModels: 'refuse' } as const;
    const models = new ModelWeights({ loadAll: async () => [GPT_4] }, undefined, undefined, rule);
    await expect(models.admit('surprise')).rejects.toThrow(/"surprise"/);
    await expect(models.admit('openai/GPT-4-0613')).resolves.toMatchObject({ contextWindow: 8_192 });
    expect(await models.costUnits('surprise', { inputTokens: 10_000, outputTokens: 0 })).toBe(60);
    const away = new ModelWeights(
      { loadAll: () => Promise.reject(new Error('away')) },
      undefined,
      undefined,
      rule,
    );
    await expect(away.admit('gpt-4')).rejects.toThrow(QuotaUnavailableError);
  });

  it('takes of an unknown model as much context as the row `*` says, and any where there is none', async () => {
    const star = { ...row('*', 1, 1, 1), contextWindow: 99 };
    const withStar = new ModelWeights({ loadAll: async () => [GPT_4, star] });
    expect((await withStar.admit('surprise')).contextWindow).toBe(99);
    const without = new ModelWeights({ loadAll: async () => [GPT_4] });
    expect((await without.admit('surprise')).contextWindow).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('falls back on a default that is not 0, and keeps the last table while the source is away', async () => {
    let nowMs = 0;
    let isAway = true;
    const loadAll = async () => {
      if (isAway) throw new Error('away');
      return [GPT_4];
    };
    const models = new ModelWeights({ loadAll }, undefined, () => nowMs);
    const size = { inputTokens: 0, outputTokens: 0 };
    expect(await models.costUnits('gpt-4', size)).toBe(DEFAULT_MODEL_WEIGHT.minimumUnits);
    isAway = false;
    nowMs += 1_000;
    expect(await models.weightOf('gpt-4')).toBe(GPT_4);
    isAway = true;
    nowMs += 60_000;
    expect(await models.weightOf('gpt-4')).toBe(GPT_4);
  });

  it('reads a change after an invalidation', async () => {
    let rows = [GPT_3_5];
    const models = new ModelWeights({ loadAll: async () => rows });
    expect(await models.weightOf('gpt-4')).toBeUndefined();
    rows = [GPT_4];
    models.invalidate();
    expect((await models.weightOf('gpt-4'))?.name).toBe('gpt-4');
  });

  it('reads a change when its time is up, though nobody told it', async () => {
    let nowMs = 0;
    let rows = [GPT_4];
    const models = new ModelWeights({ loadAll: async () => rows }, undefined, () => nowMs);
    await models.weightOf('gpt-4');
    const changed = { ...GPT_4, minimumUnits: 99 };
    rows = [changed];
    nowMs = 59_999;
    expect(await models.weightOf('gpt-4')).toBe(GPT_4);
    nowMs = 60_000;
    expect(await models.weightOf('gpt-4')).toBe(changed);
  });

  it('never lets a table that was read before a change replace the one read after it', async () => {
    const changed = { ...GPT_4, minimumUnits: 99 };
    let answer: (rows: ModelWeight[]) => void = () => undefined;
    const answers = [
      Promise.resolve([GPT_4]),
      new Promise<ModelWeight[]>((resolve) => (answer = resolve)),
      Promise.resolve([changed]),
    ];
    const models = new ModelWeights({ loadAll: () => answers.shift()! });
    await models.weightOf('gpt-4');
    models.invalidate();
    const early = models.weightOf('gpt-4');
    models.invalidate();
    expect(await models.weightOf('gpt-4')).toBe(changed);
    answer([GPT_4]);
    await early;
    expect(await models.weightOf('gpt-4')).toBe(changed);
    expect(answers).toEqual([]);
  });

  it('refuses a row that is not made of integers', () => {
    expect(() => checkModelWeight({ ...GPT_4, minimumUnits: 0 })).toThrow(QuotaConfigurationError);
    expect(() => checkModelWeight({ ...GPT_4, inputMicroUnitsPerToken: 0.5 })).toThrow(
      QuotaConfigurationError,
    );
  });
});
