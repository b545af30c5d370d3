import { Reflector } from '@nestjs/core';
import type { Cost } from '../quota.types.js';

export interface QuotaRule {
  /** What a request costs: constants, or a function of the request, which may be async. */
  readonly cost: Cost | ((request: never) => Cost | Promise<Cost>);
  /**
   * true, or options: the cost is held while the handler runs, which finds a `Reservation` by `@Reserved()`. One that it
   * leaves open is settled as held when the answer is out, and cancelled where the answer is an error (400 and above).
   * Default: charged at once.
   */
  readonly hold?: boolean | HoldRule;
  /**
   * refuse: a denial ends the request. pass: the handler runs and reads the denial with `decisionOf(request)`, for
   * example to queue the work. Default refuse.
   */
  readonly denied?: 'refuse' | 'pass';
}

export interface HoldRule {
  /** How long the hold lives without an answer, in ms. Default: the module's `leaseMs`. */
  readonly leaseMs?: number;
  /** false: only the handler ends the hold, or its lease. Default true. */
  readonly auto?: boolean;
}

/** Guards a route or a controller: `@Quota({ cost: { queries: 1 } })`. */
export const Quota = Reflector.createDecorator<QuotaRule>();

const SkipQuotaKey = Reflector.createDecorator<boolean>();

/** A route that a global guard, or the controller's `@Quota`, leaves alone. */
export const SkipQuota = (): MethodDecorator & ClassDecorator => SkipQuotaKey(true);

/** For the guard. */
export const isSkipped = (
  reflector: Reflector,
  targets: Parameters<Reflector['getAllAndOverride']>[1],
): boolean => reflector.getAllAndOverride(SkipQuotaKey, targets) === true;
