import type { Prisma } from 'fairshare/prisma';

/** Acts of an operator whose effect is not in PostgreSQL. */
export const COMMAND_ACTIONS = [
  'queue.pause',
  'queue.resume',
  'queue.purge',
  'queue.requeue',
  'quota.reset',
  'storage.report',
  'tenant.clear',
] as const;
export type CommandAction = (typeof COMMAND_ACTIONS)[number];

/** running: under way, or interrupted and to be resumed. partly_done: it ended, and something of it was not done. */
export const COMMAND_STATES = ['running', 'done', 'partly_done', 'not_done'] as const;

export interface CommandArgs {
  readonly job_id?: string;
  readonly limits?: readonly string[];
  readonly delta?: number;
  readonly total?: number;
  /** Makes a repeat of the same report count once. */
  readonly operation_id?: string;
}

/** Counts of what was done, and where to go on. */
export interface Progress {
  readonly removed?: number;
  readonly stopping?: number;
  readonly requeued?: number;
  /** Dead jobs that do not fit within the bounds. */
  readonly full?: boolean;
  /** The last tenant that is finished, of a command for all. */
  readonly cursor?: string;
}

export interface Command extends Omit<Prisma.AdminCommandModel, 'action' | 'args' | 'progress'> {
  readonly action: CommandAction;
  readonly args: CommandArgs;
  readonly progress: Progress;
}

/** What an operator asks for. `tenantId` null: of all tenants. */
export interface Order {
  readonly action: CommandAction;
  readonly tenantId: string | null;
  readonly args?: CommandArgs;
}

export interface Step {
  readonly progress: Progress;
  readonly isLast: boolean;
  /** Of the last step: what of it was not done. */
  readonly leftOut?: string;
}

/** How one kind of command is done. */
export interface CommandDoer {
  readonly actions: readonly CommandAction[];
  /** Refuses an order that makes no sense, before anything is noted. */
  check(order: Order): Promise<void>;
  /** What the command changes, as it stands now, read from where it is kept. */
  look(order: Order): Promise<Record<string, unknown>>;
  /** What `look` would read after it: for a dry run. */
  foresee(order: Order, before: Record<string, unknown>): Record<string, unknown>;
  /** Throws what the caller is told of an order that was not done, where it asked for what cannot be. */
  refuse?(order: Order): Promise<void>;
  /** One bounded piece of the work. Safe to repeat: its answer may be lost. */
  step(command: Command): Promise<Step>;
}
