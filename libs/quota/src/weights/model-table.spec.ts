import { describe, expect, it } from '@jest/globals';
import { ModelTable } from './model-table.js';
import { spellingsOf } from './spellings.js';

const NAMES = ['gpt-4', 'gpt-4-32k', 'gpt-4o', 'gpt-4o-2024-05-13', 'claude-3-opus', 'House-Model', '*'];

const table = new ModelTable(
  NAMES.map((name) => ({
    name,
    contextWindow: 8_192,
    inputMicroUnitsPerToken: 1,
    outputMicroUnitsPerToken: 1,
    minimumUnits: 1,
  })),
);

describe('ModelTable.find', () => {
  it.each([
    ['gpt-4', 'gpt-4'],
    ['gpt-4-0613', 'gpt-4'],
    ['GPT-4', 'gpt-4'],
    ['openai/gpt-4', 'gpt-4'],
    ['openrouter/OpenAI/GPT-4-0613', 'gpt-4'],
    ['gpt-4@2024-08-06', 'gpt-4'],
    ['gpt-4-0613-20240229', 'gpt-4'],
    ['gpt-4-latest', 'gpt-4'],
    ['gpt-4-32k-0613', 'gpt-4-32k'],
    ['gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['azure/GPT-4o-2024-05-13', 'gpt-4o-2024-05-13'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['claude-3-opus-20240229', 'claude-3-opus'],
    ['claude-3-opus@20240229', 'claude-3-opus'],
    ['claude-3-opus-001', 'claude-3-opus'],
    ['house-model', 'House-Model'],
    ['HOUSE-MODEL-2407', 'House-Model'],
    ['gpt-4-32', undefined],
    ['gpt-4-1399', undefined],
    ['gpt-4-20241399', undefined],
    ['gpt-4-turbo', undefined],
    ['gpt-40613', undefined],
    ['gpt-4/', undefined],
    ['gpt-4/other', undefined],
    ['*', undefined],
    ['openai/*', undefined],
    ['', undefined],
    [`${'x/'.repeat(200)}gpt-4`, undefined],
  ])('%s is %s', (model, name) => {
    expect(table.find(model)?.name).toBe(name);
    expect(table.find(model)?.name).toBe(name);
  });
});

describe('spellingsOf', () => {
  it.each([
    ['gpt-4', ['gpt-4']],
    [
      'openai/GPT-4-0613',
      ['openai/GPT-4-0613', 'GPT-4-0613', 'openai/gpt-4-0613', 'gpt-4-0613', 'openai/gpt-4', 'gpt-4'],
    ],
    ['a-0613@20240229', ['a-0613@20240229', 'a-0613', 'a']],
    ['openai/-0613', ['openai/-0613', '-0613']],
  ])('of %s, the nearest first', (model, spellings) => {
    expect(spellingsOf(model)).toEqual(spellings);
  });
});
