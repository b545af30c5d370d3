import { Problem } from '../problems/problem.js';

/** Levels of arrays and objects that a body may have: far more than any of ours needs. */
const MOST_LEVELS = 20;
/** Members of one object or array: far more than any of ours needs, few enough to be looked at one by one. */
const MOST_MEMBERS = 1_000;

/**
 * Refuses a body that is no object, what is nested so deeply or so wide that walking through it could hurt, and what no
 * database can keep. No body is fine.
 */
export function checkJson(body: unknown): void {
  if (body === undefined) return;
  if (!isNested(body) || Array.isArray(body)) {
    throw new Problem('invalid_request', 'The body must be a JSON object, in braces.');
  }
  let level: object[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MOST_LEVELS) {
      throw new Problem('invalid_request', `The JSON is nested more than ${MOST_LEVELS} levels deep.`);
    }
    level = level.flatMap(checkMembers);
  }
}

/** The same for a path with its query. */
export function checkUrl(url: string): void {
  if (/%00/.test(url))
    throw new Problem('invalid_request', 'The URL has a NUL character; nothing of ours has one.');
}

/** Gives those members that have members themselves. */
function checkMembers(parent: object): object[] {
  const names = Array.isArray(parent) ? [] : Object.keys(parent);
  const values: unknown[] = Array.isArray(parent) ? parent : Object.values(parent);
  if (values.length > MOST_MEMBERS) {
    throw new Problem(
      'invalid_request',
      `An object or array has ${values.length} members; at most ${MOST_MEMBERS} are read.`,
    );
  }
  names.forEach(refuseInherited);
  names.forEach(refuseUnkeepable);
  values.forEach(refuseUnkeepable);
  return values.filter(isNested);
}

// What every object has, such as toString, would pass for a name that a route knows; class-transformer drops `prototype`.
function refuseInherited(name: string): void {
  if (name !== 'prototype' && !(name in Object.prototype)) return;
  throw new Problem(
    'invalid_request',
    `The name ${name} is not taken: JavaScript gives it a meaning of its own.`,
  );
}

// PostgreSQL keeps neither NUL nor half of a pair; JSON can write both.
function refuseUnkeepable(value: unknown): void {
  if (typeof value !== 'string' || (!value.includes('\0') && !/\p{Surrogate}/u.test(value))) return;
  throw new Problem('invalid_request', 'A text has a NUL character or half of a surrogate pair.');
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
