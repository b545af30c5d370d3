import { type LayoutFields, luaLayout } from 'fairshare/redis';

/*
 * Packed records, little-endian: B a byte, I4 four, d a double, c1 a letter, in any combination; with * the field is there
 * for each limit.
 */
const BYTES: Readonly<Record<string, number>> = { B: 1, I4: 4, d: 8, c1: 1 };

export interface ColumnLayout<Field extends string> {
  /** The byte at which a field begins, in a record of so many limits. */
  at(field: Field, limits: number): number;
  /** Length of the whole. */
  bytes(limits: number): number;
}

/** A record that a Lua file describes in a line `-- Layout: <name> =`. */
export function defineColumns<const Fields extends LayoutFields>(
  name: string,
  fields: Fields,
): ColumnLayout<keyof Fields & string> {
  const starts = new Map<string, { once: number; each: number }>();
  let once = 0;
  let each = 0;
  for (const [field, type] of Object.entries(luaLayout(name, fields))) {
    starts.set(field, { once, each });
    if (type.endsWith('*')) each += sizeOf(type.slice(0, -1));
    else once += sizeOf(type);
  }
  return {
    at(field, limits) {
      const start = starts.get(field)!;
      return start.once + start.each * limits;
    },
    bytes: (limits) => once + each * limits,
  };
}

function sizeOf(type: string): number {
  return (type.match(/[BdIc]\d?/g) ?? []).reduce((sum, part) => sum + BYTES[part]!, 0);
}
