import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Decision } from '../quota.types.js';
import type { Reservation } from '../reservation.js';

// Beside the request, not on it: nothing that a body or a plugin sets can pose as a reservation.
const reservations = new WeakMap<object, Reservation>();
const decisions = new WeakMap<object, Decision>();

/** The hold of a route guarded with `@Quota({ hold: true })`; undefined in mode degraded. */
export const Reserved = createParamDecorator((_: unknown, context: ExecutionContext) =>
  reservationOf(context.switchToHttp().getRequest<object>()),
);

export function reservationOf(request: object): Reservation | undefined {
  return reservations.get(request);
}

/** What the guard decided for a request. */
export function decisionOf(request: object): Decision | undefined {
  return decisions.get(request);
}

export function rememberDecision(request: object, decision: Decision): void {
  decisions.set(request, decision);
}

export function rememberReservation(request: object, reservation: Reservation): void {
  reservations.set(request, reservation);
}
