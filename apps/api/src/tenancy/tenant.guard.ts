import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { FreeRequests } from '../identity/free-requests.js';
import { PublicRoute } from './public.decorator.js';
import { TenantResolver } from './tenant-resolver.js';
import { unauthenticated } from './tenant-tokens.js';

/** Global: every route needs a tenant unless it says `@Public()`. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tenants: TenantResolver,
    private readonly free: FreeRequests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride(PublicRoute, [context.getHandler(), context.getClass()]))
      return true;
    const tenant = await this.tenants.resolve(context.switchToHttp().getRequest<FastifyRequest>());
    if (!tenant) throw unauthenticated('Say who you are: Authorization: Bearer with your API key.');
    this.free.take(tenant);
    return true;
  }
}
