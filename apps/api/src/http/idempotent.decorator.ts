import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';

export const IdempotentRoute = Reflector.createDecorator<boolean>();

const DESCRIPTION =
  '1 to 255 printable characters; for 24 hours a repeat of the same request gets the same answer and changes nothing';

/** Marks a tenant's route that changes something: a repeat with the same Idempotency-Key changes it once. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(
    IdempotentRoute(true),
    ApiHeader({ name: 'Idempotency-Key', required: false, description: DESCRIPTION }),
  );
}
