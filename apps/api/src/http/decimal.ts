import { Transform } from 'class-transformer';

const INTEGER = /^(?:0|[1-9]\d{0,15})$/;
const FRACTION = /^(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

/** An integer of a query, in plain digits: `0x10`, `1e2`, `+5`, `05` and blanks are no numbers, and are refused as such. */
export function Integer(): PropertyDecorator {
  return Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => read(INTEGER, obj[key]));
}

/** A number of a query, in plain digits, with a fraction or none. */
export function Decimal(): PropertyDecorator {
  return Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => read(FRACTION, obj[key]));
}

function read(form: RegExp, given: unknown): unknown {
  return typeof given === 'string' && form.test(given) ? Number(given) : given;
}
