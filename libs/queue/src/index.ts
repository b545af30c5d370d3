export { type Charge, type Entry, FairSchedule, type TenantTag } from './fairness/fair-schedule.js';
export { seededRandom } from './fairness/random.js';
export { FairGate, type FairGateOptions, type GateRequest, type Release } from './fairness/fair-gate.js';
export { FairQueue } from './fair-queue.js';
export { type Standing } from './store/scripts/know-jobs.js';
export { type QueueRoom } from './room.js';
export type {
  FinishedRequest,
  JobPage,
  JobReference,
  ListRequest,
  PageRequest,
  ParkRequest,
  RequeueRequest,
  SomePurged,
  SomeRequeued,
} from './queue.requests.js';
export {
  FairQueueModule,
  type FairQueueModuleAsyncOptions,
  InjectQueue,
  queueToken,
  workerToken,
} from './queue.module.js';
export { type FairQueueModuleOptions } from './queue-module.options.js';
export { WorkerHost } from './worker/worker-host.js';
export {
  admitAll,
  type Admission,
  type Admitted,
  JobAdmission,
  type NeverAdmitted,
  type NotAdmitted,
  type RunOutcome,
} from './job-admission.js';
export { type Fault, faultsByRetryable, JobFaults } from './job-faults.js';
export { keepableJson, type KeepableText, keepableText } from './keepable.js';
export { ignoreEvents, JobEvents, type JobTransition } from './job-events.js';
export { type FairQueueOptions, type QueueWorkerOptions } from './queue.options.js';
export {
  GateFullError,
  InvalidJobError,
  JobCancelledError,
  LeaseLostError,
  PortSilentError,
  QueueConfigurationError,
  QueueError,
  QueueOverloadedError,
  QueueUnavailableError,
  RetryLaterError,
  RunTimeoutError,
  UnrecoverableJobError,
  WorkerStoppingError,
} from './queue.errors.js';
export type {
  Accepted,
  CancelReply,
  EnqueueReply,
  EnqueueRequest,
  Explanation,
  Job,
  JobEndState,
  JobError,
  JobPlace,
  JobState,
  JobView,
  JsonValue,
  QueueStats,
  RefusalCode,
  Refused,
  TenantStats,
  TotalStats,
  WhyNotRunning,
} from './queue.types.js';
export { type JobContext, JobHandler, type JobHandlerRule, type JobRunner } from './worker/job-handler.js';
export { QueueWorker, type QueueWorkerParts, type StuckRun } from './worker/queue-worker.js';
