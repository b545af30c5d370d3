import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Problem } from '../problems/problem.js';
import { hasScope } from '../tenancy/scopes.js';

/** Whether a tenant may report its own storage: STORAGE_REPORTERS says so. */
@Injectable()
export class StorageReporterGuard implements CanActivate {
  constructor(@Inject(Environment) private readonly environment: Environment) {}

  canActivate(context: ExecutionContext): boolean {
    const { STORAGE_REPORTERS: reporters } = this.environment;
    if (reporters === 'operator') {
      throw new Problem(
        'forbidden',
        'Only the operator reports storage here, by PUT /admin/tenants/{id}/storage.',
      );
    }
    if (reporters === 'scoped' && !hasScope(context.switchToHttp().getRequest<object>(), 'storage:write')) {
      throw new Problem(
        'forbidden',
        'This needs the scope storage:write; ask the operator for an API key or a JWT that has it.',
      );
    }
    return true;
  }
}
