import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const INCLUDE = /^--\s*@include\s+(\S+)\s*$/;
const CONSTANT = /^local ([A-Z][A-Z0-9_]*) <const> = (.+?)(?:\s*--.*)?$/;
const COMMENT_STRING_OR_NAME = /--[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?<![.\w])[A-Z][A-Z0-9_]*\b/g;

/**
 * The text of a Lua file as Redis gets it. A line `-- @include shared/calendar.lua` becomes the text of that file, once.
 * Then the constants are put in.
 */
export function readLua(path: string): string {
  return foldConstants(readWithIncludes(path));
}

/** The files that this file includes itself, in order. */
export function luaIncludes(text: string): string[] {
  return text.split('\n').flatMap((line) => INCLUDE.exec(line)?.[1] ?? []);
}

/** The same before the constants are put in. */
export function readWithIncludes(path: string, seen: Set<string> = new Set()): string {
  seen.add(path);
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => {
      const included = INCLUDE.exec(line)?.[1];
      if (!included) return line;
      const file = join(dirname(path), included);
      return seen.has(file) ? '' : readWithIncludes(file, seen);
    })
    .join('\n');
}

/**
 * Puts the value of each `local NAME <const> = value` of Lua 5.4 where its name is used, as a compiler of Lua 5.4 does.
 * Redis has Lua 5.1, where a name costs a variable. The order does not matter. Throws where a name has two values.
 */
export function foldConstants(text: string): string {
  const constants = luaConstants(text);
  return text
    .split('\n')
    .map((line) => (CONSTANT.test(line) ? '' : line))
    .join('\n')
    .replace(COMMENT_STRING_OR_NAME, (part) => constants.get(part) ?? part);
}

/** The constants that a text defines, with their values as Lua spells them. */
export function luaConstants(text: string): ReadonlyMap<string, string> {
  const constants = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = CONSTANT.exec(line) ?? [];
    if (!name || !value) continue;
    const known = constants.get(name);
    if (known !== undefined && known !== value)
      throw new Error(`${name} has two values: ${known} and ${value}`);
    constants.set(name, value);
  }
  const valueOf = (value: string): string => (constants.has(value) ? valueOf(constants.get(value)!) : value);
  return new Map([...constants].map(([name, value]) => [name, valueOf(value)]));
}
