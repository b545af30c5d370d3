import { Reflector } from '@nestjs/core';

/** What an operator may do; each role may do what the ones before it may. */
export const ADMIN_ROLES = ['read', 'operate', 'administer'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** The least role that a route needs. Without it a route is for `administer`. */
export const NeedsRole = Reflector.createDecorator<AdminRole>();

export function mayDo(role: AdminRole, needed: AdminRole): boolean {
  return ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);
}
