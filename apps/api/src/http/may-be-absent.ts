import { ValidateIf } from 'class-validator';

/** The field need not be sent; `null` is a value like any other, and is validated. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
