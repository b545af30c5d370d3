import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';

/** Request headers by which a client makes its request depend on what there is now (RFC 9110, 13.1). */
export const PRECONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
] as const;
export type Precondition = (typeof PRECONDITIONS)[number];

/** What the guard reads: which of them the route honours. Every other one is refused. */
export const HonouredPreconditions = Reflector.createDecorator<readonly Precondition[]>();

/** The route honours If-Match and If-None-Match, by `checkPreconditions` or `taggedAnswer`. */
export function Preconditions(): MethodDecorator {
  return applyDecorators(
    HonouredPreconditions(['if-match', 'if-none-match']),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Only if it has one of these ETags now; *: only if it is there. Else 412',
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Only if it has none of these ETags now; *: only if it is not there',
    }),
  );
}

/** A row that changes its version with every change. */
export interface Versioned {
  readonly version: bigint | number;
}

/** A strong validator (RFC 9110, 8.8.3). */
export function etagOf({ version }: Versioned): string {
  return `"${version}"`;
}

export function tagAnswer(reply: FastifyReply, row: Versioned): void {
  void reply.header('ETag', etagOf(row));
}

/**
 * Refuses a change of what is not as the caller says. Read the row FOR UPDATE, or two changes may both find it as they
 * read it. undefined: there is no such row yet.
 */
export function checkPreconditions(request: FastifyRequest, row: Versioned | undefined): void {
  const current = row && etagOf(row);
  if (!matches(request, current)) throw failed(current);
  if (noneMatches(request, current)) return;
  throw new Problem('precondition_failed', `If-None-Match does not allow it: it is ${current} now.`, {
    headers: { ETag: current! },
  });
}

/** The answer to a reader with its ETag, or 304 without a body where the reader has it already. */
export function taggedAnswer<Row extends Versioned, View>(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  row: Row,
  view: (row: Row) => View,
): View | undefined {
  tagAnswer(reply, row);
  const current = etagOf(row);
  if (!matches(request, current)) throw failed(current);
  if (noneMatches(request, current)) return view(row);
  void reply.status(304);
  return undefined;
}

/** If-Match compares strongly: a weak tag is never the same. */
function matches({ headers }: FastifyRequest, current: string | undefined): boolean {
  const wanted = readTags('If-Match', headers['if-match']);
  if (!wanted) return true;
  return current !== undefined && (wanted === '*' || wanted.includes(current));
}

/** If-None-Match compares weakly. */
function noneMatches({ headers }: FastifyRequest, current: string | undefined): boolean {
  const unwanted = readTags('If-None-Match', headers['if-none-match']);
  if (!unwanted || current === undefined) return true;
  return unwanted !== '*' && !unwanted.some((tag) => tag.replace(/^W\//, '') === current);
}

const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;
const TAG_LIST = /^[ \t,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"[ \t]*(?:,[ \t,]*|$))+$/;

function readTags(name: string, text: string | undefined): '*' | string[] | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  if (TAG_LIST.test(text)) return text.match(TAG)!;
  throw new Problem('invalid_request', `${name} must be * or ETags such as "17", separated by commas.`);
}

function failed(current: string | undefined): Problem {
  if (current === undefined) {
    return new Problem('precondition_failed', 'There is nothing here, so that no If-Match can hold.');
  }
  return new Problem(
    'precondition_failed',
    `This was changed since you read it: it is ${current} now. Read it again and repeat your change.`,
    { headers: { ETag: current } },
  );
}
