import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** RFC 3339, section 5.6; years and days that there are is checked below. */
const RFC_3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const EARLIEST_MS = Date.UTC(1970, 0, 1);
const LATEST_MS = Date.UTC(10_000, 0, 1) - 1;

/**
 * A moment in a body or a query, as RFC 3339 writes it, with its offset: `2026-12-01T00:00:00Z`. It arrives in UTC with
 * milliseconds. Without an offset, without seconds, by week or by day of the year, on a day that there is not, in a leap
 * second, before 1970 or after 9999 it is refused.
 */
export function IsTimestamp(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => canonicalTimestamp(value) ?? value),
    ValidateBy({
      name: 'isTimestamp',
      validator: {
        validate: (value) => canonicalTimestamp(value) !== undefined,
        defaultMessage: (failed) =>
          `${failed!.property} must be a date and time with an offset (RFC 3339), such as 2026-12-01T00:00:00Z; in a URL write + as %2B`,
      },
    }),
  );
}

/** The moment in UTC; undefined for what is none. */
export function canonicalTimestamp(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  // T and Z may be small letters there.
  const text = value.toUpperCase();
  const match = RFC_3339.exec(text);
  if (!match || !isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return undefined;
  const ms = Date.parse(text);
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? new Date(ms).toISOString() : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
