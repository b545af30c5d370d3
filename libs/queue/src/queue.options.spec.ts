import { describe, expect, it } from '@jest/globals';
import { QueueConfigurationError } from './queue.errors.js';
import { resolveQueueOptions, resolveWorkerOptions } from './queue.options.js';

describe('options', () => {
  it('have defaults', () => {
    expect(resolveQueueOptions()).toMatchObject({ name: 'default', maxTotalJobs: 5_000, maxTenantJobs: 100 });
    expect(resolveWorkerOptions({ concurrency: 3 })).toMatchObject({ concurrency: 3, leaseMs: 30_000 });
  });

  it.each([
    [{ maxTotalJobs: -1 }, 'maxTotalJobs must be an integer of at least 1, got -1'],
    [{ keepEndedMs: 1.5 }, 'keepEndedMs must be an integer of at least 0, got 1.5'],
    [{ name: 'a{b}' }, 'name must be 1 to 64 of'],
    [{ shards: 5_000 }, 'shards must be at most 1024'],
  ])('of a queue name what is wrong in %j', (options, message) => {
    expect(() => resolveQueueOptions(options)).toThrow(QueueConfigurationError);
    expect(() => resolveQueueOptions(options)).toThrow(message);
  });

  it('of a worker name what is wrong', () => {
    expect(() => resolveWorkerOptions({ concurrency: 0 })).toThrow(
      'concurrency must be an integer of at least 1',
    );
  });
});
