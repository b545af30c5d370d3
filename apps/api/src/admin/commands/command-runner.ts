import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ProblemTable } from '../../problems/problem-table.js';
import type { Command, CommandDoer, Order, Step } from './command.js';
import { type Outcome, CommandRows } from './command-rows.js';

export const CommandDoers = Symbol('CommandDoers');

const LOOK_MS = 5_000;
const AGAIN_SECONDS = 5;
/** Older ones are not resumed: what was right to do then may be wrong now. */
const RESUMED_FOR_MS = 600_000;

/**
 * Does commands step by step, each step noted, none inside a database transaction. What was interrupted (a process that
 * ended, Redis or PostgreSQL away) is resumed by whichever node sees first that its lease has lapsed; after ten minutes
 * it is ended with what was done. Looks every 5 s, until the application stops.
 */
@Injectable()
export class CommandRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('CommandRunner');
  private readonly underWay = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private isStopping = false;
  private isLooking = false;

  constructor(
    private readonly rows: CommandRows,
    private readonly problems: ProblemTable,
    @Inject(CommandDoers) private readonly doers: readonly CommandDoer[],
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.resume(), LOOK_MS);
    this.timer.unref();
    void this.resume();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await Promise.allSettled(this.underWay.values());
  }

  doerOf({ action }: Pick<Order, 'action'>): CommandDoer {
    return this.doers.find(({ actions }) => actions.includes(action))!;
  }

  /** Goes on until the command has ended or is interrupted. Never rejects. */
  run(command: Command): Promise<void> {
    const known = this.underWay.get(command.id);
    if (known) return known;
    const run = this.attempt(command).finally(() => this.underWay.delete(command.id));
    this.underWay.set(command.id, run);
    return run;
  }

  /** Goes on with every command that was left. */
  async resume(): Promise<void> {
    if (this.isLooking || this.isStopping) return;
    this.isLooking = true;
    try {
      for (
        let left = await this.rows.takeOver();
        left;
        left = this.isStopping ? undefined : await this.rows.takeOver()
      ) {
        this.logger.warn(`Going on with ${left.action} of ${left.target}, which was interrupted`);
        await this.run(left);
      }
    } catch (error) {
      this.logger.debug(`Commands cannot be looked for now: ${String(error)}`);
    } finally {
      this.isLooking = false;
    }
  }

  private async attempt(command: Command): Promise<void> {
    let present = command;
    try {
      if (isTooOld(command)) return await this.giveUp(command, 'It could not be ended within ten minutes.');
      for (;;) {
        if (this.isStopping) return await this.rows.release(present, 0);
        const step = await this.doerOf(command).step(present);
        present = { ...present, progress: step.progress };
        if (step.isLast) return await this.rows.finish(present, await this.outcomeOf(present, step));
        if (!(await this.rows.keep(present, step.progress))) return;
      }
    } catch (error) {
      await this.interrupted(present, error);
    }
  }

  private async outcomeOf(command: Command, { leftOut }: Step): Promise<Outcome> {
    const after = await this.doerOf(command).look(orderOf(command));
    return { state: leftOut ? 'partly_done' : 'done', after, detail: leftOut ?? null };
  }

  private async interrupted(command: Command, error: unknown): Promise<void> {
    const problem = this.problems.problemOf(error);
    this.logger.warn(`${command.action} of ${command.target} was interrupted: ${String(error)}`);
    try {
      if (problem?.code === 'unavailable') await this.rows.release(command, AGAIN_SECONDS);
      else await this.giveUp(command, problem?.message ?? 'Something failed on our side.');
    } catch {
      // PostgreSQL is away: the lease lapses by itself.
    }
  }

  private async giveUp(command: Command, why: string): Promise<void> {
    const { removed = 0, stopping = 0, requeued = 0 } = command.progress;
    const after = await this.doerOf(command)
      .look(orderOf(command))
      .catch(() => null);
    const state = removed + stopping + requeued > 0 ? 'partly_done' : 'not_done';
    await this.rows.finish(command, { state, after, detail: why });
  }
}

export function orderOf({ action, tenantId, args }: Command): Order {
  return { action, tenantId, args };
}

function isTooOld({ createdAt }: Command): boolean {
  return createdAt.getTime() + RESUMED_FOR_MS < Date.now();
}
