import { snakeCase } from './lua-header.js';

/*
 * What Lua and TypeScript both must spell: names of numbers, and fields of packed records. Each is defined here and in one
 * Lua file, under a line `-- Names:` or `-- Layout:`; test/lua-shared.spec.ts compares the two.
 */

export interface SharedNames {
  /** As in Lua, with their values. */
  readonly constants: Readonly<Record<string, string | number>>;
}

/** The fields in order, in camelCase, with their types as the `-- Layout:` line has them. */
export type LayoutFields = Readonly<Record<string, string>>;

const names = new Map<string, SharedNames>();
const layouts = new Map<string, LayoutFields>();

/** Every group of names that the modules loaded so far share with Lua. */
export function definedLuaNames(): ReadonlyMap<string, SharedNames> {
  return names;
}

/** Every layout that the modules loaded so far share with Lua. */
export function definedLuaLayouts(): ReadonlyMap<string, LayoutFields> {
  return layouts;
}

/** Names of numbers or letters: `hasRetries` is HAS_RETRIES in Lua, with the prefix before it. */
export function luaNames<const Names extends Readonly<Record<string, string | number>>>(
  group: string,
  values: Names,
  prefix = '',
): Names {
  const constants = Object.entries(values).map(([name, value]) => [constantName(prefix, name), value]);
  names.set(group, { constants: Object.fromEntries(constants) as Record<string, string | number> });
  return values;
}

/** The same for codes that count from 0: a name's place is its number. */
export function luaCodes<const Codes extends readonly string[]>(
  group: string,
  codes: Codes,
  prefix = '',
): Codes {
  luaNames(group, Object.fromEntries(codes.map((name, code) => [name, code])), prefix);
  return codes;
}

/** The fields of a packed record. What a type means is known to those who read and write them. */
export function luaLayout<const Fields extends LayoutFields>(name: string, fields: Fields): Fields {
  layouts.set(name, fields);
  return fields;
}

function constantName(prefix: string, name: string): string {
  return prefix + snakeCase(name).toUpperCase();
}
