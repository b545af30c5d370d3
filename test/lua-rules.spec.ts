import { describe, expect, it } from '@jest/globals';
import { brokenIn, brokenLuaRules } from '../scripts/lib/lua-rules.mjs';

describe('the rules for Lua files', () => {
  it('hold for every script and shared file', () => expect(brokenLuaRules('libs')).toEqual([]));

  const broken = [
    'if kinds[i] == 5 then return end',
    'if run.state ~= 1 then return end',
    "if outcome.kind == 'r' then return end",
    'local is_window = kind <= 4',
    'run.state = 2',
    "struct.pack('>I1I7I2I5', a, b, c, d)",
    Array.from({ length: 6 }, (_, index) => `-- @include shared/part-${index}.lua`).join('\n'),
  ];
  it.each(broken)('are broken by: %s', (text) => expect(brokenIn('x.lua', text)).toHaveLength(1));

  const fine = [
    'if kinds[i] == BUCKET then return end',
    'if tenant.waiting == 0 then return end',
    'run.state = RETRYING',
    '-- kind == 5 is a bucket',
    "local RUN_FORMAT <const> = '>I1I7I2I5'",
  ];
  it.each(fine)('are kept by: %s', (text) => expect(brokenIn('x.lua', text)).toEqual([]));
});
