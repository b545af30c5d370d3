import { InvalidCostError, InvalidQuotaRequestError } from './quota.errors.js';
import type { Cost } from './quota.types.js';

const MAX_RESOURCES = 64;

/** Throws InvalidCostError unless every amount is an integer from 0 to 2^53 - 1. */
export function checkCost(cost: Cost): void {
  if (typeof cost !== 'object' || cost === null || Array.isArray(cost)) {
    throw new InvalidCostError('A cost is a record of resources and their units');
  }
  let count = 0;
  for (const resource in cost) {
    if (!Object.hasOwn(cost, resource)) throw new InvalidCostError('A cost must not inherit resources');
    checkUnits(resource, cost[resource]);
    count += 1;
  }
  if (count > MAX_RESOURCES) throw new InvalidCostError(`A cost names at most ${MAX_RESOURCES} resources`);
}

export function checkUnits(name: string, units: unknown): asserts units is number {
  if (Number.isSafeInteger(units) && (units as number) >= 0) return;
  throw new InvalidCostError(`${JSON.stringify(name.slice(0, 64))} must cost an integer from 0 to 2^53 - 1`);
}

/** Throws InvalidQuotaRequestError unless a lease is 1 ms to a day. */
export function checkLease(leaseMs: number): number {
  if (Number.isInteger(leaseMs) && leaseMs >= 1 && leaseMs <= 86_400_000) return leaseMs;
  throw new InvalidQuotaRequestError('leaseMs must be an integer from 1 to 86_400_000');
}
