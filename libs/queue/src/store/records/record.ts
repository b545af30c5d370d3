import { type LayoutFields, luaLayout } from 'fairshare/redis';
import type { PackReader, PackWriter } from './pack.js';

/*
 * Packed records, big-endian. First comes the head: numbers, and the lengths of texts, in the order of the fields; then the
 * texts in that order.
 *
 * I1 to I7   a whole number in so many bytes
 * d          a double
 * c1         a letter
 * s1 s2 s4   a text whose length takes so many bytes in the head
 * b1 b2 b4   the same, of bytes that are records themselves
 * s* b*      the same without a length: the rest
 */

type Bytes = 1 | 2 | 4 | 5 | 6 | 7;
type FieldType = `I${Bytes}` | 'd' | 'c1' | `${'s' | 'b'}${1 | 2 | 4 | '*'}`;
type Fields = Readonly<Record<string, FieldType>>;

type ReadField<Type> = Type extends `I${string}` | 'd'
  ? number
  : Type extends `b${string}`
    ? PackReader
    : string;
type WriteField<Type> = Type extends `I${string}` | 'd'
  ? number
  : Type extends `b${string}`
    ? Nested
    : string;

interface Field {
  readonly name: string;
  readonly sort: string;
  /** In the head; 0 = none, it is the rest. */
  readonly bytes: Bytes | 0;
  readonly isText: boolean;
}

export interface RecordLayout<F> {
  readonly fields: readonly Field[];
  readonly texts: readonly Field[];
  /** Length of the head. */
  readonly headBytes: number;
  /** Carries the types only. */
  readonly types?: F;
}

/** A record as a field of another. */
export interface Nested {
  readonly layout: RecordLayout<unknown>;
  readonly values: object;
}

/** A record that a Lua file describes in a line `-- Layout: <name> =`. */
export function defineRecord<const F extends Fields & LayoutFields>(name: string, types: F): RecordLayout<F> {
  const fields = Object.entries(luaLayout(name, types)).map(([field, type]) => ({
    name: field,
    sort: type[0]!,
    bytes: (type === 'd' ? 8 : type[1] === '*' ? 0 : Number(type[1])) as Bytes | 0,
    isText: type[0] === 's' || type[0] === 'b',
  }));
  return {
    fields,
    texts: fields.filter(({ isText }) => isText),
    headBytes: fields.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

export function readRecord<F>(
  { fields, texts }: RecordLayout<F>,
  reader: PackReader,
): { [Name in keyof F]: ReadField<F[Name]> } {
  const values: Record<string, unknown> = {};
  for (const { name, sort, bytes } of fields) {
    if (sort === 'd') values[name] = reader.double();
    else if (sort === 'c') values[name] = reader.text(1);
    else values[name] = bytes === 0 ? 0 : reader.uint(bytes);
  }
  for (const { name, sort, bytes } of texts) {
    const length = bytes === 0 ? reader.left : (values[name] as number);
    values[name] = sort === 's' ? reader.text(length) : reader.slice(length);
  }
  return values as { [Name in keyof F]: ReadField<F[Name]> };
}

export function writeRecord<F>(
  { fields, texts }: RecordLayout<F>,
  writer: PackWriter,
  values: { readonly [Name in keyof F]: WriteField<F[Name]> },
): void {
  const given = values as Readonly<Record<string, never>>;
  for (const { name, sort, bytes, isText } of fields) {
    const value = given[name]!;
    if (sort === 'c') writer.text(value, 1);
    else if (bytes > 0) writer.uint(isText ? lengthOf(value) : value, bytes as Bytes);
  }
  for (const { name, sort } of texts) {
    const value = given[name]!;
    if (sort === 's') writer.text(value, Buffer.byteLength(value));
    else writeRecord((value as Nested).layout, writer, (value as Nested).values as never);
  }
}

function lengthOf(value: string | Nested): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const { layout, values } = value;
  return layout.texts.reduce(
    (sum, { name }) => sum + lengthOf((values as Readonly<Record<string, string>>)[name]!),
    layout.headBytes,
  );
}
