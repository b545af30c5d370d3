import { redisFault, RedisTimeoutError } from 'fairshare/redis';
import { overloaded } from './overloaded.js';
import type { Problem } from './problem.js';
import { unavailable } from './unavailable.js';

/** What the caller is told of an error of Redis that no feature has given a name. */
export function redisProblem(error: unknown): Problem | undefined {
  if (error instanceof RedisTimeoutError && error.isOverloaded) return overloaded();
  return redisFault(error) === 'transient' ? unavailable('Redis', 1_000) : undefined;
}
