import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';

/** A tenant's id in a body or a query: it arrives in its one form. */
export function IsTenantId(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => canonicalTenantId(value) ?? value),
    ValidateBy({
      name: 'isTenantId',
      validator: {
        validate: (value) => value !== undefined && canonicalTenantId(value) === value,
        defaultMessage: (failed) => `${failed!.property}: ${TENANT_ID_RULE}`,
      },
    }),
  );
}
