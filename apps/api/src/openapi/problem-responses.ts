import { type ProblemCode, problemTypes } from '../problems/problem.js';
import { Problem } from '../problems/problem.js';

type Json = Record<string, unknown>;

const EXAMPLES: Partial<Record<ProblemCode, { detail: string; fields?: Json }>> = {
  invalid_request: {
    detail: 'max_tokens must not be less than 1',
    fields: { errors: [{ field: 'max_tokens', message: 'max_tokens must not be less than 1' }] },
  },
  unauthenticated: { detail: 'Say who you are: Authorization: Bearer with your API key.' },
  forbidden: { detail: 'This needs the role operate; the key "reader" has the role read.' },
  tenant_suspended: { detail: 'This tenant is suspended; ask the operator to activate it.' },
  not_found: { detail: 'You have no job of this id.' },
  precondition_failed: {
    detail: 'This was changed since you read it: it is "17" now. Read it again and repeat your change.',
  },
  quota_exceeded: {
    detail: 'queries_hourly is used up; try again in 1800 s or ask for a higher limit.',
    fields: {
      violations: [
        {
          name: 'queries_hourly',
          resource: 'queries',
          limit: 100,
          used: 100,
          held: 0,
          requested: 1,
          retry_after_seconds: 1_800,
          resets_at: '2026-11-24T13:00:00.000Z',
        },
      ],
    },
  },
  context_exceeded: {
    detail:
      'gpt-4 takes 8192 tokens at once; the query has 9000 and asks for 64 more. Send less, or name another model.',
  },
  overloaded: { detail: 'This node was too busy to decide in time; nothing is lost, try again in a second.' },
  unavailable: { detail: 'The quota cannot be reached now; nothing is lost, try again.' },
};

/** The problem document of RFC 9457, with what we add to it. */
export const PROBLEM_SCHEMA: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: {
      type: 'string',
      format: 'uri',
      description: 'Names the kind of problem; its page is in docs/problems',
    },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problemTypes) },
    detail: { type: 'string', description: 'What happened, and what to do next' },
    instance: { type: 'string', description: 'The path that was asked for' },
    errors: {
      type: 'array',
      description: 'Of invalid_request: each field, with the rule that it breaks',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
    violations: { type: 'array', items: { $ref: '#/components/schemas/ViolationDto' } },
  },
};

/** Name of the shared response of a status. */
export function problemResponseName(status: number): string {
  return `Problem${status}`;
}

/** One response for each status that a problem can have, with an example of each kind. */
export function problemResponses(): Record<string, Json> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const [code, { status }] of Object.entries(problemTypes) as [ProblemCode, { status: number }][]) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [problemResponseName(status), problemResponse(codes)]),
  );
}

function problemResponse(codes: readonly ProblemCode[]): Json {
  const examples = codes.map((code) => {
    const { detail = problemTypes[code].title, fields } = EXAMPLES[code] ?? {};
    return [code, { value: new Problem(code, detail, { fields }).toDocument('/path') }] as const;
  });
  return {
    description: codes.map((code) => problemTypes[code].title).join(', or: '),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      ...(codes.some(
        (code) => problemTypes[code].status === 429 || ['overloaded', 'unavailable'].includes(code),
      )
        ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }
        : {}),
    },
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { code: { enum: [...codes] } } },
          ],
        },
        examples: Object.fromEntries(examples),
      },
    },
  };
}
