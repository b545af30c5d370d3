import { describe, expect, it } from '@jest/globals';
import { definedLuaScripts, parseLuaHeader, snakeCase } from 'fairshare/redis';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import '../index.js';

const here = new URL('./scripts/', import.meta.url).pathname;
const scripts = [...definedLuaScripts()].filter(([path]) => path.startsWith(here));

describe('the scripts of the queue', () => {
  it('are all defined', () => {
    const files = readdirSync(here).filter((name) => name.endsWith('.lua'));
    expect(scripts.map(([path]) => basename(path)).sort()).toEqual(files.sort());
  });

  it.each(scripts.map(([, script]) => [script.name, script] as const))(
    '%s says in its header what it takes',
    (_, script) => {
      const header = parseLuaHeader(script.text);
      const { keys, args } = script.definition;
      expect(header).toMatchObject({ title: script.name, hasReturns: true, hasCost: true });
      expect(header.keys).toEqual(keys.map(snakeCase));
      expect(header.args).toEqual(args.map(snakeCase));
    },
  );

  it.each(scripts.map(([, script]) => [script.name, script] as const))(
    '%s reads the clock once',
    (_, script) => {
      expect((script.text.match(/read_clock\(\)/g) ?? []).length).toBeLessThanOrEqual(2);
      expect((script.text.match(/redis\.call\('TIME'\)/g) ?? []).length).toBeLessThanOrEqual(1);
    },
  );
});
