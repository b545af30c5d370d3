import { Contract } from './conformance.js';

export interface Route {
  /** `POST /query`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Names of its query parameters. */
  readonly query: readonly string[];
  /** Names of its header parameters, in lower case. */
  readonly headers: readonly string[];
  /** Statuses that the contract names. */
  readonly statuses: readonly number[];
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: object;
}

/** Every route of the contract, and the contract itself. */
export function routesOf(): Route[] {
  const { paths } = new Contract().document;
  const routes = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
      headers: parameters.filter((one) => one.in === 'header').map(({ name }) => name.toLowerCase()),
      statuses: Object.keys(responses).map(Number),
    })),
  );
  const document = { query: [], headers: [], statuses: [200], method: 'GET', path: '/openapi.json' };
  return [...routes, { name: 'GET /openapi.json', ...document }];
}
