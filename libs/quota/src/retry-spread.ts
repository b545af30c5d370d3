import type { QuotaOptions } from './quota.options.js';

/** Makes a time to wait a little longer, by chance, so that a herd does not return at one instant. */
export function retrySpread(
  options: Pick<QuotaOptions, 'retryJitter' | 'retryJitterMaxMs'>,
  random: () => number = Math.random,
): (ms: number) => number {
  const { retryJitter = 0.1, retryJitterMaxMs = 10_000 } = options;
  return (ms) => Math.round(ms + random() * Math.min(ms * retryJitter, retryJitterMaxMs));
}
