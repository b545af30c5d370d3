import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const SHOWN_CHARACTERS = 12;

export interface SecretKey {
  /** Shown once, to whoever made it. */
  readonly key: string;
  /** Its first characters, to recognize it by. */
  readonly prefix: string;
  /** What is kept. */
  readonly hash: string;
}

/** A new random key of 256 bits. `kind` starts it, so that a leaked one is recognized for what it is. */
export function newSecretKey(kind: string): SecretKey {
  const key = `${kind}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, prefix: key.slice(0, SHOWN_CHARACTERS), hash: hashOfKey(key) };
}

/** SHA-256: a key of 256 random bits needs no slow hash. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
