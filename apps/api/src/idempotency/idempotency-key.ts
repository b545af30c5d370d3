import { createHash } from 'node:crypto';
import { Problem } from '../problems/problem.js';

/** A String of Structured Fields (RFC 9651, 3.3.3), as the draft of Idempotency-Key has it. */
const STRING = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What many clients send instead. Without quotes and commas: those would make it a broken String, or two keys. */
const BARE = /^[\x21\x23-\x2b\x2d-\x7e][\x20\x21\x23-\x2b\x2d-\x7e]*$/;
const MOST_LENGTH = 255;
const RULE = 'must be 1 to 255 printable ASCII characters, in double quotes or without quotes and commas';

/** The request's Idempotency-Key; undefined where it has none. Throws a problem for one that is no key. */
export function idempotencyKeyOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  const key = typeof given === 'string' ? readKey(given.trim()) : '';
  if (key !== '' && key.length <= MOST_LENGTH) return key;
  throw new Problem('invalid_request', `Idempotency-Key ${RULE}; a random UUID is a good one.`, {
    fields: { errors: [{ field: 'Idempotency-Key', message: RULE }] },
  });
}

/** The same key, with quotes or without; '' for what is none. */
function readKey(text: string): string {
  if (BARE.test(text)) return text;
  return STRING.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1') ?? '';
}

interface KeyedHttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: unknown;
}

/** SHA-256, so that neither keys nor bodies are kept. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * The same for two requests of one route whose bodies have the same members and values, however they were written. A
 * key is one request's: with another route or another body it is refused.
 */
export function fingerprintOf({ method, url, body }: KeyedHttpRequest): string {
  const members = JSON.stringify(Object.entries(body ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  // Without its route, as keys were kept before other routes honoured them: a repeat may reach an older node.
  return digest(method === 'POST' && url === '/query' ? members : `${method} ${url}\n${members}`);
}
