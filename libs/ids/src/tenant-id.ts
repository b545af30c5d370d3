/**
 * The one rule for tenant ids, which HTTP, quota, queue, SQL and paths share (SQL: the function is_canonical_tenant_id):
 *
 * | question              | answer                                                                                    |
 * | --------------------- | ----------------------------------------------------------------------------------------- |
 * | two forms of one text | one id: Unicode form NFC, made here                                                       |
 * | length                | 1 to 128 code points in that form, so at most 512 bytes of UTF-8                          |
 * | blanks                | U+0020 only, and never first or last: headers lose those                                  |
 * | what nobody sees      | refused: controls, formats, fillers, variation selectors, halves of pairs, private use    |
 * | `.` `..` `*`          | refused: paths drop the first two, and the last has always read like "everybody"          |
 * | case                  | counts: `Acme` and `acme` are two tenants                                                 |
 */
export const TENANT_ID_RULE =
  'A tenant id is 1 to 128 printable characters without a blank at its ends, and none of . .. *';

const MOST_CHARACTERS = 128;

/** Most bytes of UTF-8 that an id may have. */
export const TENANT_ID_BYTES = 4 * MOST_CHARACTERS;

// Nearly every id: what follows costs ten times as much.
const PLAIN = /^[A-Za-z0-9_-]{1,128}$/;

const RESERVED: ReadonlySet<string> = new Set(['.', '..', '*']);

// By name of property, but for the braille blank, which is a symbol. Unassigned code points are let through: what is one
// depends on the version of Node, and two nodes must not disagree.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/** The one form of an id; undefined for what is none. */
export function canonicalTenantId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (PLAIN.test(value)) return value;
  // Before the work below: no id that is longer has a form that fits.
  if (value.length > 8 * MOST_CHARACTERS || UNSEEN.test(value)) return undefined;
  const id = value.normalize('NFC');
  const isFit = id !== '' && id.trim() === id && !RESERVED.has(id) && [...id].length <= MOST_CHARACTERS;
  return isFit ? id : undefined;
}
