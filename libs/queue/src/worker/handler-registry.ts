import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { QueueConfigurationError } from '../queue.errors.js';
import { JobHandlerMetadata, type JobRunner } from './job-handler.js';

/** Finds the providers marked with @JobHandler. */
@Injectable()
export class HandlerRegistry {
  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /** The runners of a queue by job name; throws where a name has two, or one of `required` has none. */
  runnersOf(queue: string, required: readonly string[]): ReadonlyMap<string, JobRunner> {
    const runners = new Map<string, JobRunner>();
    for (const wrapper of this.discovery.getProviders()) {
      const rule = wrapper.metatype && this.discovery.getMetadataByDecorator(JobHandlerMetadata, wrapper);
      if (rule?.queue !== queue || !wrapper.instance) continue;
      const runner = wrapper.instance as JobRunner;
      if (runners.has(rule.name) && runners.get(rule.name) !== runner) {
        throw new QueueConfigurationError(`Two handlers for the job "${rule.name}" of the queue "${queue}"`);
      }
      if (typeof runner.run !== 'function') {
        throw new QueueConfigurationError(`The handler of the job "${rule.name}" has no method run`);
      }
      runners.set(rule.name, runner);
    }
    const missing = required.filter((name) => !runners.has(name));
    if (missing.length > 0) {
      throw new QueueConfigurationError(
        `No handler for the job "${missing.join('", "')}" of the queue "${queue}"`,
      );
    }
    return runners;
  }
}
