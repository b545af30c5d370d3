import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { definedLuaScripts, parseLuaHeader, snakeCase } from 'fairshare/redis';
import 'fairshare/queue';
import 'fairshare/quota';

const files = readdirSync('libs', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.lua'))
  .map((path) => resolve(join('libs', path)))
  .filter((path) => readFileSync(path, 'utf8').startsWith('#!lua'));

describe('every Lua script', () => {
  it('is there to be checked', () => expect(files.length).toBeGreaterThan(20));

  it.each(files.map((path) => [relative('libs', path), path]))(
    '%s says what its TypeScript says',
    (_, path) => {
      const script = definedLuaScripts().get(path);
      if (!script) throw new Error('no module defines it');
      const header = parseLuaHeader(readFileSync(path, 'utf8'));
      const { keys, args, rest } = script.definition;
      expect(header).toMatchObject({
        title: script.name,
        keys: keys.map(snakeCase),
        args: args.map(snakeCase),
        rest: rest === undefined ? undefined : snakeCase(rest),
        hasReturns: true,
        hasCost: true,
      });
    },
  );
});
