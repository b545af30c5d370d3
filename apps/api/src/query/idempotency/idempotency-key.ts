import { createHash } from 'node:crypto';
import { Problem } from '../../http/problem.js';

/** 1 to 255 printable characters; a Structured Fields string (`"…"`) names the same key as its bare text. */
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** The request's Idempotency-Key; undefined where it has none. Throws a problem for one that is no key. */
export function idempotencyKeyOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  const key = typeof given === 'string' ? unquote(given.trim()) : '';
  if (PRINTABLE.test(key)) return key;
  throw new Problem(
    'invalid_request',
    'Idempotency-Key must be 1 to 255 printable ASCII characters; a random UUID is a good one.',
    {
      fields: {
        errors: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
      },
    },
  );
}

/** SHA-256, so that neither keys nor bodies are kept. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Two bodies of the same members and values have the same fingerprint, however they were written. */
export function fingerprintOf(body: unknown): string {
  return digest(JSON.stringify(Object.entries(body as object).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function unquote(text: string): string {
  const inside = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1];
  return inside === undefined ? text : inside.replace(/\\(["\\])/g, '$1');
}
