import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { declaredQuery } from './declared-query.js';
import { HonouredPreconditions, type Precondition, PRECONDITIONS } from './preconditions.js';
import { Problem } from '../problems/problem.js';
import { shortened } from '../problems/shortened.js';

const SHOWN = 10;
const SHOWN_LENGTH = 50;

/**
 * Refuses what a route does not declare, rather than ignore it: unknown query parameters, one that is sent twice, and
 * preconditions that nobody would check. Stands before every other guard.
 */
@Injectable()
export class DeclaredGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    refuseUndeclared(context.switchToHttp().getRequest<FastifyRequest>(), {
      query: declaredQuery(context.getClass(), context.getHandler() as never),
      preconditions: this.reflector.get(HonouredPreconditions, context.getHandler()) ?? [],
    });
    return true;
  }
}

interface Declared {
  readonly query: ReadonlySet<string>;
  readonly preconditions: readonly Precondition[];
}

/** Throws invalid_request for what the request has and the route does not declare. */
export function refuseUndeclared(
  { query, headers }: Pick<FastifyRequest, 'query' | 'headers'>,
  declared: Declared,
): void {
  checkQuery(query as Query, declared.query);
  const name = PRECONDITIONS.find(
    (one) => headers[one] !== undefined && !declared.preconditions.includes(one),
  );
  if (name)
    throw new Problem('invalid_request', `This route does not honour the header ${name}; leave it out.`);
}

type Query = Readonly<Record<string, unknown>>;

function checkQuery(query: Query, declared: ReadonlySet<string>): void {
  const wrong = Object.keys(query).filter((name) => !declared.has(name) || Array.isArray(query[name]));
  if (wrong.length === 0) return;
  const errors = wrong.slice(0, SHOWN).map((name) => ({
    field: shortened(name, SHOWN_LENGTH),
    message: declared.has(name)
      ? `${name} must be sent once`
      : `This route has no parameter ${shortened(name, SHOWN_LENGTH)}`,
  }));
  const there = declared.size > 0 ? `it has ${[...declared].join(', ')}` : 'it has none';
  const details = errors.map(({ message }) => message).join('; ');
  throw new Problem('invalid_request', `${details}; ${there}.`, { fields: { errors } });
}
