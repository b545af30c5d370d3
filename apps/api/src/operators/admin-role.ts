import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';

/** What an operator may do; each role may do what the ones before it may. */
export const ADMIN_ROLES = ['read', 'operate', 'administer'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** What the guard reads. */
export const NeededRole = Reflector.createDecorator<AdminRole>();

/** The least role that a route needs. Without it a route is for `administer`. */
export function NeedsRole(role: AdminRole): MethodDecorator {
  return applyDecorators(NeededRole(role), ApiExtension('x-required-role', role));
}

export function mayDo(role: AdminRole, needed: AdminRole): boolean {
  return ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);
}
