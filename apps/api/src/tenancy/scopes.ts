/** What a credential of a tenant may do beyond asking, where a setting demands it. */
export const SCOPES = ['storage:write'] as const;

export type Scope = (typeof SCOPES)[number];

const scopes = new WeakMap<object, readonly string[]>();

export function grantScopes(request: object, granted: readonly string[]): void {
  scopes.set(request, granted);
}

/** Whether the API key has the scope, or the JWT names it in its claim `scope`; X-Tenant-ID alone has none. */
export function hasScope(request: object, scope: Scope): boolean {
  return scopes.get(request)?.includes(scope) ?? false;
}
