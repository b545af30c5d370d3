import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { Problem } from './problem.js';
import { shortened } from './shortened.js';

const MOST_ERRORS = 10;
const MOST_NAME = 64;
const MOST_MESSAGE = 200;

interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * Takes what the class describes and refuses everything else, naming each field and its rule: the first ten, with long
 * names cut short, so that an answer never grows with the request.
 */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => validationProblem(errors),
  });
}

function validationProblem(errors: readonly ValidationError[]): Problem {
  const found: FieldError[] = [];
  for (const error of fieldErrors(errors)) {
    if (found.push(error) > MOST_ERRORS) break;
  }
  const shown = found.slice(0, MOST_ERRORS);
  const messages = shown.map(({ message }) => message);
  if (found.length > MOST_ERRORS) messages.push('and more');
  return new Problem('invalid_request', messages.join('; '), { fields: { errors: shown } });
}

function* fieldErrors(errors: readonly ValidationError[], path = ''): Generator<FieldError> {
  for (const { property, constraints = {}, children = [] } of errors) {
    const name = shortened(property, MOST_NAME);
    const field = shortened(path ? `${path}.${name}` : name, MOST_MESSAGE);
    for (const message of Object.values(constraints)) {
      yield { field, message: shortened(message.replaceAll(property, name), MOST_MESSAGE) };
    }
    yield* fieldErrors(children, field);
  }
}
