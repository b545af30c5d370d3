import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Decision } from '../quota.types.js';
import type { Reservation } from '../reservation.js';

// Symbols of this file alone: nothing that a body or a plugin sets can pose as a reservation. A WeakMap beside the request
// would do, but costs the collector a microsecond of every request.
const RESERVATION = Symbol('reservation');
const DECISION = Symbol('decision');

interface Guarded {
  [RESERVATION]?: Reservation;
  [DECISION]?: Decision;
}

/** The hold of a route guarded with `@Quota({ hold: true })`; undefined in mode degraded. */
export const Reserved = createParamDecorator((_: unknown, context: ExecutionContext) =>
  reservationOf(context.switchToHttp().getRequest<object>()),
);

export function reservationOf(request: object): Reservation | undefined {
  return (request as Guarded)[RESERVATION];
}

/** What the guard decided for a request. */
export function decisionOf(request: object): Decision | undefined {
  return (request as Guarded)[DECISION];
}

export function rememberDecision(request: object, decision: Decision): void {
  (request as Guarded)[DECISION] = decision;
}

export function rememberReservation(request: object, reservation: Reservation): void {
  (request as Guarded)[RESERVATION] = reservation;
}
