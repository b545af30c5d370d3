import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { Public } from '../tenancy/public.decorator.js';
import { AdminGuard } from './admin.guard.js';

/** A controller below /admin: needs the admin key, and no tenant. */
export function AdminController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/${path}`),
    Public(),
    UseGuards(AdminGuard),
    ApiTags('admin'),
    ApiSecurity('admin'),
  );
}
