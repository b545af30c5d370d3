import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../http/problem.js';
import { wholeSeconds } from '../../http/whole-seconds.js';
import { FailedAttempts } from '../../identity/failed-attempts.js';
import { type AdminIdentity, AdminKeys } from './admin-keys.js';

/** Request → operator, by X-Admin-Key. */
@Injectable()
export class OperatorResolver {
  constructor(
    private readonly keys: AdminKeys,
    private readonly failures: FailedAttempts,
  ) {}

  /** undefined where the request has no admin key; throws for one that is not in force. */
  async resolve(request: FastifyRequest): Promise<AdminIdentity | undefined> {
    const given = request.headers['x-admin-key'];
    if (given === undefined) return undefined;
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
