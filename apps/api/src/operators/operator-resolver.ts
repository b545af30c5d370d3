import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';
import { FailedAttempts } from '../identity/failed-attempts.js';
import { FreeRequests, noteIdentified } from '../identity/free-requests.js';
import { type AdminIdentity, AdminKeys } from './admin-keys.js';

/** Request → operator, by X-Admin-Key. */
@Injectable()
export class OperatorResolver {
  constructor(
    private readonly keys: AdminKeys,
    private readonly failures: FailedAttempts,
    private readonly free: FreeRequests,
  ) {}

  /** undefined where the request has no admin key; throws for one that is not in force. */
  async resolve(request: FastifyRequest): Promise<AdminIdentity | undefined> {
    const given = request.headers['x-admin-key'];
    if (given === undefined) return undefined;
    const operator = await this.keys.find(String(given), () => {
      this.failures.check(request.ip);
      this.free.checkAddress(request.ip);
    });
    if (operator) {
      noteIdentified(request);
      return operator;
    }
    this.failures.note(request.ip, 'admin keys');
    throw new Problem('unauthenticated', 'X-Admin-Key is not a key in force.');
  }
}
