import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';

/** When the key is taken: before the handler, or by the handler itself (`RequestTurns.begin`) once it will not refuse. */
export type KeyTaken = 'before' | 'by_handler';

export const IdempotentRoute = Reflector.createDecorator<KeyTaken>();

const DESCRIPTION =
  '1 to 255 printable characters, in double quotes or bare; for IDEMPOTENCY_RETENTION_HOURS (24) a repeat gets the same answer and changes nothing';

/** Marks a tenant's route that changes something: a repeat with the same Idempotency-Key changes it once. */
export function Idempotent(taken: KeyTaken = 'before'): MethodDecorator {
  return applyDecorators(
    IdempotentRoute(taken),
    ApiHeader({ name: 'Idempotency-Key', required: false, description: DESCRIPTION }),
  );
}
