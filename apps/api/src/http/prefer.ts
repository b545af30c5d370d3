import { Problem } from '../problems/problem.js';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;
const WORD = `(?:${TOKEN}|${QUOTED})`;
const BLANKS = '[ \\t]*';
const PARAMETER = `${TOKEN}(?:${BLANKS}=${BLANKS}${WORD})?`;
/** One preference of the list with its comma, or an empty place between two (RFC 7240, 2; RFC 9110, 5.6.1). */
const PREFERENCE = new RegExp(
  `${BLANKS}(?:(${TOKEN})(?:${BLANKS}=${BLANKS}(${WORD}))?(?:${BLANKS};(?:${BLANKS}${PARAMETER})?)*)?${BLANKS}(?:,|$)`,
  'y',
);

/**
 * What the header Prefer asks for, by name in small letters: RFC 7240. The first of a name counts, as it says; a name
 * without a value has ''. Throws invalid_request for what that grammar does not allow.
 */
export function readPreferences(header: string | string[] | undefined): ReadonlyMap<string, string> {
  const text = [header ?? []].flat().join(',');
  const preferences = new Map<string, string>();
  for (PREFERENCE.lastIndex = 0; PREFERENCE.lastIndex < text.length;) {
    const match = PREFERENCE.exec(text);
    if (!match) throw new Problem('invalid_request', 'Prefer must be a list such as wait=10 (RFC 7240).');
    const name = match[1]?.toLowerCase();
    if (name !== undefined && !preferences.has(name)) preferences.set(name, unquoted(match[2] ?? ''));
  }
  return preferences;
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
}
