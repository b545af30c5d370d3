import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';
import type { AdminIdentity } from './admin-keys.js';
import { mayDo, NeededRole } from './admin-role.js';
import { OperatorResolver } from './operator-resolver.js';

const operators = new WeakMap<object, AdminIdentity>();

/** The operator that the guard found for this request. */
export function operatorOf(request: object): AdminIdentity {
  const operator = operators.get(request);
  if (!operator) throw new Error('AdminGuard must stand before whatever asks for the operator');
  return operator;
}

/** Lets in operators whose role suffices: a route needs `administer` unless it says `@NeedsRole(…)`. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly resolver: OperatorResolver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const operator = await this.resolver.resolve(request);
    if (!operator) throw new Problem('unauthenticated', 'Send an admin key in the header X-Admin-Key.');
    const needed =
      this.reflector.getAllAndOverride(NeededRole, [context.getHandler(), context.getClass()]) ??
      'administer';
    if (!mayDo(operator.role, needed)) {
      throw new Problem(
        'forbidden',
        `This needs the role ${needed}; the key ${JSON.stringify(operator.name)} has the role ${operator.role}.`,
      );
    }
    operators.set(request, operator);
    return true;
  }
}
