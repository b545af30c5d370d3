import type { FairQueueOptions, QueueWorkerOptions } from './queue.options.js';

export interface FairQueueModuleOptions extends FairQueueOptions {
  /** Runs jobs in this process; false = only enqueues and looks. Default: on, with the worker's defaults. */
  readonly worker?: QueueWorkerOptions | false;
  /** Starts the worker with the application; false = tests drive it with `runOnce`. Default true. */
  readonly autoStart?: boolean;
  /** Names that need a handler where the worker is on; a missing one stops the boot. Default: those that have one. */
  readonly jobNames?: readonly string[];
}
