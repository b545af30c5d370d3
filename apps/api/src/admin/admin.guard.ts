import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { Problem } from '../http/problem.js';

/** Lets in who holds ADMIN_API_KEY; compares digests in constant time. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly expected: Buffer;

  constructor(@Inject(Environment) environment: Environment) {
    this.expected = digest(environment.ADMIN_API_KEY);
  }

  canActivate(context: ExecutionContext): boolean {
    const given = context.switchToHttp().getRequest<FastifyRequest>().headers['x-admin-key'];
    if (typeof given === 'string' && timingSafeEqual(digest(given), this.expected)) return true;
    throw new Problem('unauthenticated', 'Send the admin key in the header X-Admin-Key.');
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
