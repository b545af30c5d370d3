import type { OpenAPIObject } from '@nestjs/swagger';
import { withoutNullable } from './nullable.js';
import { PROBLEM_SCHEMA, problemResponseName, problemResponses } from './problem-responses.js';

type Json = Record<string, unknown>;

interface Operation extends Json {
  parameters?: { name: string; in: string }[];
  requestBody?: unknown;
  responses: Record<string, Json>;
  security?: Record<string, string[]>[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const TENANT: Record<string, string[]>[] = [{ tenant: [] }, { tenant_header: [] }];
const HEADERS: Record<string, Json> = {
  'X-Request-Id': { description: 'Names this request for the operator', schema: { type: 'string' } },
  'Retry-After': { description: 'Whole seconds', schema: { type: 'integer', minimum: 1 } },
  ETag: { description: 'For If-Match', schema: { type: 'string' } },
  'X-Propagation': {
    description: 'Of a change: in force on every node at once; or here at once, elsewhere within 60 s',
    schema: { type: 'string', enum: ['at once', 'within 60 s'] },
  },
};

const REPLAYED = {
  'Idempotency-Replayed': { description: 'true: this answer was given before', schema: { type: 'string' } },
};

/** Adds what is true of many routes and is stated at none: who may call, what every answer has, how each can fail. */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const components = (document.components ??= {});
  components.schemas = { ...components.schemas, Problem: PROBLEM_SCHEMA };
  components.responses = problemResponses() as unknown as typeof components.responses;
  components.headers = HEADERS;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = (item as unknown as Record<string, Operation | undefined>)[method];
      if (operation) complete(operation, { path, method });
    }
  }
  return withoutNullable(document);
}

function complete(operation: Operation, { path, method }: { path: string; method: string }): void {
  // Identity is said by `security`; said twice it would be asked for twice.
  operation.parameters = (operation.parameters ?? []).filter(
    ({ name }) => !['X-Tenant-ID', 'X-Admin-Key'].includes(name),
  );
  operation.security = securityOf(path);
  if (isForOperators(path)) operation['x-required-role'] ??= 'administer';
  const replayed = isForOperators(path) || !asksFor(operation, 'Idempotency-Key') ? {} : REPLAYED;
  if (mayBeDryRun(operation)) addDryRun(operation);
  if (method === 'get' && honoursPreconditions(operation)) {
    operation.responses[304] = { description: 'You have it as it is now' };
  }
  const isChange = mayBeDryRun(operation) && !/\/queue\/|\/reset$|\/storage$/.test(path);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) >= 400) continue;
    response.headers = {
      ...replayed,
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      ...(isChange ? { 'X-Propagation': { $ref: '#/components/headers/X-Propagation' } } : {}),
      ...(response.headers as object),
    };
  }
  for (const status of failuresOf(operation, { path, method })) {
    const known = operation.responses[status];
    const ref = `#/components/responses/${problemResponseName(status)}`;
    // A description of its own, or a body of its own as of a readiness that is down, stays.
    if (!known?.content) operation.responses[status] = { $ref: ref };
  }
}

function failuresOf(operation: Operation, { path, method }: { path: string; method: string }): number[] {
  const own = Object.keys(operation.responses)
    .map(Number)
    .filter((status) => status >= 400);
  const failures = new Set([...own, 500]);
  const isPublic = operation.security!.length === 0;
  // A query parameter or a precondition that the route does not have.
  failures.add(400);
  if (operation.requestBody) for (const status of [413, 415]) failures.add(status);
  if (!isPublic) for (const status of [401, 403, 429, 503]) failures.add(status);
  if (path.includes('{')) for (const status of [400, 404, 414]) failures.add(status);
  if (isForOperators(path) && method !== 'get') for (const status of [404, 409]) failures.add(status);
  if (honoursPreconditions(operation)) failures.add(412);
  if (path.endsWith('/storage')) failures.add(422);
  if (asksFor(operation, 'Idempotency-Key')) for (const status of [409, 422]) failures.add(status);
  return [...failures].sort((left, right) => left - right);
}

function asksFor({ parameters = [] }: Operation, name: string): boolean {
  return parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);
}

function mayBeDryRun({ parameters = [] }: Operation): boolean {
  return parameters.some(({ name }) => name === 'dry_run');
}

/** Whatever a change answers, its dry run answers 200 with what would change. */
function addDryRun({ responses }: Operation): void {
  const dryRun = { $ref: '#/components/schemas/DryRunDto' };
  const known = (responses[200]?.content as Record<string, { schema: Json }> | undefined)?.[
    'application/json'
  ];
  const schema = known ? { oneOf: [known.schema, dryRun] } : dryRun;
  responses[200] = {
    ...(responses[200] ?? { description: 'Of a dry run' }),
    content: { 'application/json': { schema } },
  };
}

function honoursPreconditions(operation: Operation): boolean {
  return asksFor(operation, 'If-Match');
}

function isForOperators(path: string): boolean {
  return path.startsWith('/admin/') || path === '/metrics';
}

function securityOf(path: string): Record<string, string[]>[] {
  if (isForOperators(path)) return [{ admin: [] }];
  if (path.startsWith('/health') || path === '/openapi.json') return [];
  return path === '/queue/stats' ? [{}, ...TENANT, { admin: [] }] : TENANT;
}
