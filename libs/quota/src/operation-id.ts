import { randomBytes } from 'node:crypto';
import { InvalidOperationIdError } from './quota.errors.js';

declare const operationIdBrand: unique symbol;

/** A checked operation id: whatever carries it is charged once. */
export type OperationId = string & { readonly [operationIdBrand]: true };

const OPERATION_ID = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Accepts 1 to 64 characters of `A-Z a-z 0-9 _ . : -`; everything else throws InvalidOperationIdError. */
export function parseOperationId(value: unknown): OperationId {
  if (typeof value === 'string' && OPERATION_ID.test(value)) return value as OperationId;
  throw new InvalidOperationIdError('An operation id is 1 to 64 characters of A-Z a-z 0-9 _ . : -');
}

// 96 random bits name the process once; the counter does the rest at no cost.
let prefix = randomBytes(12).toString('base64url').replaceAll('-', '.');
let counter = 0;

/** A new id, unique across processes. */
export function newOperationId(): OperationId {
  counter += 1;
  if (counter === Number.MAX_SAFE_INTEGER) {
    prefix = randomBytes(12).toString('base64url').replaceAll('-', '.');
    counter = 1;
  }
  return `${prefix}:${counter.toString(36)}` as OperationId;
}
