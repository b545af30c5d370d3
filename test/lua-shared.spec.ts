import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  definedLuaLayouts,
  definedLuaNames,
  luaConstants,
  readWithIncludes,
  snakeCase,
} from 'fairshare/redis';
import 'fairshare/queue';
import 'fairshare/quota';
import '../libs/queue/src/testing/dump-shard.js';

interface Named {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

const files = readdirSync('libs', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.lua'))
  .map((path) => resolve(join('libs', path)));

const groups = files.flatMap((path) => sections(path, /^-- Names: (.+)\n((?:--.*\n|local [A-Z].*\n)+)/gm));
const layouts = files.flatMap((path) => sections(path, /^-- Layout: ([a-z ]+) = (.+(?:\n-- {3}.+)*)/gm));
const packed = layouts.filter(({ path }) => path.includes('/queue/'));
const title = ({ name, path }: Named) => [name, relative('libs', path)] as const;

describe('a group of names in Lua', () => {
  it('is there once for each group in TypeScript', () => {
    expect(groups.map(({ name }) => name).sort()).toEqual([...definedLuaNames().keys()].sort());
  });

  it.each(groups.map((group) => [...title(group), group] as const))(
    '%s (%s) has the names and values of TypeScript',
    (name, _, { path, text }) => {
      const values = luaConstants(readWithIncludes(path));
      const names = [...text.matchAll(/^local (\w+) <const>/gm)].map(([, constant]) => constant!);
      const inLua = Object.fromEntries(names.map((constant) => [constant, valueOf(values.get(constant)!)]));
      expect(inLua).toEqual(definedLuaNames().get(name)?.constants);
    },
  );
});

describe('a layout in Lua', () => {
  it('is there once for each layout in TypeScript', () => {
    expect(layouts.map(({ name }) => name).sort()).toEqual([...definedLuaLayouts().keys()].sort());
  });

  it.each(layouts.map((layout) => [...title(layout), layout] as const))(
    '%s (%s) has the fields of TypeScript, in their order',
    (name, _, { text }) => {
      const fields = Object.entries(definedLuaLayouts().get(name) ?? {});
      expect(fieldsOf(text)).toEqual(fields.map(([field, type]) => [snakeCase(field), type]));
    },
  );

  it.each(packed.map((layout) => [...title(layout), layout] as const))(
    '%s (%s) is what Lua packs and unpacks, and nobody else does',
    (name, _, { path, text }) => {
      const format = `${name.replaceAll(' ', '_').toUpperCase()}_FORMAT`;
      const head = fieldsOf(text).filter(([, type]) => !type!.endsWith('*'));
      const types = head.map(([, type]) => type!.replace(/^[sb]/, 'I')).join('');
      const source = readFileSync(path, 'utf8');
      expect(luaConstants(source).get(format)).toBe(`'>${types}'`);
      for (const names of unpackedBy(format)) {
        const expected = head.map(([field, type]) => (/^[sb]/.test(type!) ? `${field}_length` : field));
        const read = names.slice(0, expected.length);
        expect(read.map((found, index) => (found === '_' ? expected[index] : found))).toEqual(expected);
      }
    },
  );
});

describe('a layout of columns', () => {
  const columns = layouts.filter(({ path }) => path.includes('/quota/'));
  it.each(columns.map((layout) => [...title(layout), layout] as const))(
    '%s (%s) is what Lua packs between its columns',
    (_, __, { path, text }) => {
      const types = fieldsOf(text).map(([, type]) => (type!.endsWith('*') ? ' ' : type!));
      const runs = types.join('').match(/(?:[Bd]|I4){2,}/g) ?? [];
      const constants = [...luaConstants(readFileSync(path, 'utf8')).values()];
      for (const run of runs) expect(constants.map((value) => value.replace('<', ''))).toContain(`'${run}'`);
    },
  );
});

/** The names that the files of the queue give to what they unpack by a format. */
function unpackedBy(format: string): string[][] {
  const unpack = new RegExp(
    `(?:local )?((?:[\\w.]+,\\s*)*[\\w.]+)\\s*=\\s*struct\\.unpack\\(${format}\\b`,
    'g',
  );
  return files.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(unpack)].map(([, names]) =>
      names!.split(',').map((name) => name.trim().replace(/^\w+\./, '')),
    ),
  );
}

function sections(path: string, pattern: RegExp): Named[] {
  return [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name, text]) => ({
    name: name!,
    path,
    text: text!,
  }));
}

function fieldsOf(text: string): string[][] {
  return text
    .replaceAll(/\n--\s+/g, ' ')
    .split(', ')
    .map((field) => [...field.split(' '), ''].slice(0, 2));
}

function valueOf(literal: string): string | number {
  return literal.startsWith("'") ? literal.slice(1, -1) : Number(literal);
}
