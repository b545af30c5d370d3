import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { Idempotent } from '../http/idempotent.decorator.js';
import { AcceptedDto, QueryAnswerDto } from './query-answer.dto.js';

const RATE_LIMIT = {
  'RateLimit-Policy': { description: 'Every limit: quota and window', schema: { type: 'string' as const } },
  RateLimit: {
    description: 'Every limit: what remains, when it resets',
    schema: { type: 'string' as const },
  },
  'X-Request-Id': { description: 'Names this request for the operator', schema: { type: 'string' as const } },
};
const PREFERENCE = {
  'Preference-Applied': {
    description: 'wait=N: how long the answer was held at most',
    schema: { type: 'string' as const },
  },
};
const RETRY_AFTER = {
  'Retry-After': { description: 'Whole seconds', schema: { type: 'integer' as const } },
};

const NOT_ANSWERED: [number, string][] = [
  [400, 'The body or the Idempotency-Key is not valid'],
  [409, 'The first request with this Idempotency-Key is still under way, or the job was cancelled meanwhile'],
  [
    422,
    'More than the model can take or a limit allows at all, or the Idempotency-Key came with another request',
  ],
  [502, 'The upstream failed'],
  [503, 'Quota, queue or database cannot be reached'],
  [504, 'The upstream did not answer in time'],
];

/** What the contract says of POST /query. */
export function ApiQuery(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Ask a query' }),
    Idempotent(),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description: 'wait=N: a queued query holds its answer up to N seconds (at most MAX_WAIT_SECONDS)',
    }),
    ApiResponse({
      status: 200,
      description: 'Answered',
      type: QueryAnswerDto,
      headers: { ...RATE_LIMIT, ...PREFERENCE },
    }),
    ApiResponse({
      status: 202,
      description: 'Queued: follow Location',
      type: AcceptedDto,
      headers: {
        Location: { description: 'The job', schema: { type: 'string' } },
        ...RATE_LIMIT,
        ...RETRY_AFTER,
        ...PREFERENCE,
      },
    }),
    ApiResponse({
      status: 429,
      description: 'Out of quota and the tier rejects, or the queue is full',
      headers: { ...RATE_LIMIT, ...RETRY_AFTER },
    }),
    ...NOT_ANSWERED.map(([status, description]) => ApiResponse({ status, description })),
  );
}
