import { Reflector } from '@nestjs/core';
import { Injectable } from '@nestjs/common';
import type { Job, JsonValue } from '../queue.types.js';

/** Runs the jobs of one name. What it returns is the job's result; what it throws fails the attempt. */
export interface JobRunner<Payload = JsonValue> {
  run(job: Job<Payload>, context: JobContext): Promise<JsonValue | void>;
}

export interface JobContext {
  /** Aborts when the job is cancelled, its lease is lost, its time is over, or the worker has drained in vain. */
  readonly signal: AbortSignal;
  /**
   * Says what the run truly cost: units for fairness, and anything that `JobAdmission.settle` should get. The last call
   * counts, however the run ends.
   */
  readonly report: (spent: { readonly trueCost?: number; readonly usage?: unknown }) => void;
}

export interface JobHandlerRule {
  readonly name: string;
  readonly queue: string;
}

export const JobHandlerMetadata = Reflector.createDecorator<JobHandlerRule>();

/**
 * Marks a provider as the runner of the jobs of one name.
 *
 *     @JobHandler('resize-image')
 *     class ResizeImage implements JobRunner<{ path: string }> {
 *       async run(job, { signal }) { … }
 *     }
 *
 * Two handlers of one name, or none for a name in the module's `jobNames`, stop the boot.
 */
export function JobHandler(name: string, queue = 'default'): ClassDecorator {
  return (target) => {
    Injectable()(target);
    JobHandlerMetadata({ name, queue })(target);
  };
}
