import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { Problem } from './problem.js';

/** Takes what the class describes and refuses everything else, naming each field and its rule. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => {
      const found = errors.flatMap((error) => fieldErrors(error));
      return new Problem('invalid_request', found.map(({ message }) => message).join('; '), {
        fields: { errors: found },
      });
    },
  });
}

function fieldErrors(error: ValidationError, path = ''): { field: string; message: string }[] {
  const field = path ? `${path}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, field))];
}
