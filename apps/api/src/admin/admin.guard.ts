import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { wholeSeconds } from '../http/whole-seconds.js';
import { type AdminIdentity, AdminKeys } from './identity/admin-keys.js';
import { mayDo, NeededRole } from './identity/admin-role.js';
import { FailedAttempts } from '../identity/failed-attempts.js';

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
    private readonly keys: AdminKeys,
    private readonly failures: FailedAttempts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const operator = await this.identify(request);
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

  private async identify(request: FastifyRequest): Promise<AdminIdentity> {
    const given = request.headers['x-admin-key'];
    if (given === undefined)
      throw new Problem('unauthenticated', 'Send an admin key in the header X-Admin-Key.');
    // Sent twice, Node joins the two with a comma: no key has one.
    const operator = await this.keys.find(String(given));
    if (operator) return operator;
    const waitMs = this.failures.note(request.ip, 'admin keys');
    if (waitMs === 0) throw new Problem('unauthenticated', 'X-Admin-Key is not a key in force.');
    const seconds = wholeSeconds(waitMs);
    throw new Problem('too_many_attempts', `Too many wrong keys from your address; wait ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  }
}
