import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { tenantOf } from './tenant-resolver.js';

/** The tenant of the request, with the limits in force when it came. */
export const CurrentTenant = createParamDecorator((_: unknown, context: ExecutionContext) =>
  tenantOf(context.switchToHttp().getRequest<object>()),
);
