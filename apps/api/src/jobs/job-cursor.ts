import { isUUID } from 'class-validator';
import { Problem } from '../problems/problem.js';

/** The last job of a page: the next page holds what is older. */
export interface JobCursor {
  readonly createdAt: Date;
  readonly id: string;
}

/** Opaque to clients, so that its form may change. */
export function writeCursor({ createdAt, id }: JobCursor): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url');
}

/** Throws a problem for what `writeCursor` did not write. */
export function readCursor(text: string): JobCursor {
  const [ms = '', id = ''] = Buffer.from(text, 'base64url').toString('latin1').split(' ');
  if (/^\d{1,14}$/.test(ms) && isUUID(id)) return { createdAt: new Date(Number(ms)), id };
  const message = 'cursor must be the next_cursor of the page before';
  throw new Problem('invalid_request', message, { fields: { errors: [{ field: 'cursor', message }] } });
}
