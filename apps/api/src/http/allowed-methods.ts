import type { FastifyInstance } from 'fastify';

interface Route {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

const tables = new WeakMap<object, Route[]>();

/** Notes every route of the server, to tell a wrong method (405) from a wrong path (404). Call it before they are made. */
export function noteRoutes(server: FastifyInstance): void {
  const routes: Route[] = [];
  tables.set(server, routes);
  server.addHook('onRoute', ({ method, url }) => {
    if (!url.includes('*')) routes.push({ methods: [method].flat(), pattern: patternOf(url) });
  });
}

/** The methods that a path has; empty where there is no such path. */
export function allowedMethods(server: FastifyInstance, path: string): string[] {
  const routes = tables.get(server) ?? [];
  return [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ].sort();
}

function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[^/]+/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
