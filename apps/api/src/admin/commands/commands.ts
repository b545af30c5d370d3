import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseFault } from 'fairshare/prisma';
import { QuotaUnavailableError } from 'fairshare/quota';
import { QueueUnavailableError } from 'fairshare/queue';
import { Problem } from '../../problems/problem.js';
import { doerOf } from '../changes/audit-row.js';
import { isDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import type { Command, Order } from './command.js';
import { CommandRows } from './command-rows.js';
import { CommandRunner } from './command-runner.js';
import { commandView } from './command-view.js';
import type { CommandDto } from './commands.dto.js';

/** Longer commands go on after their answer, in ms. */
const ANSWERED_WITHIN_MS = 10_000;

interface Http {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Takes an operator's order: notes it, does it, and answers with what has happened by then. */
@Injectable()
export class Commands {
  constructor(
    private readonly rows: CommandRows,
    private readonly runner: CommandRunner,
  ) {}

  async answer(order: Order, { request, reply }: Http): Promise<CommandDto | DryRunDto> {
    const doer = this.runner.doerOf(order);
    await untouched(doer.check(order));
    const before = await untouched(doer.look(order));
    if (isDryRun(request)) {
      await doer.refuse?.(order);
      void reply.status(200);
      const after = doer.foresee(order, before);
      return { dry_run: true, before, after, tenants: order.tenantId === null ? 0 : 1, over: [] };
    }
    const command = await untouched(this.rows.begin(order, doerOf(request), before));
    const done = await this.done(command, reply);
    if (done.state !== 'not_done') return done;
    await doer.refuse?.(order);
    throw new Problem('unavailable', `It was not done: ${done.detail}`, {
      fields: { command_id: done.command_id },
    });
  }

  /** Does what is noted, and answers when it has ended, is interrupted, or has taken 10 s. */
  async done(command: Command, reply: FastifyReply): Promise<CommandDto> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, ANSWERED_WITHIN_MS)));
    await Promise.race([this.runner.run(command), patience]);
    clearTimeout(timer);
    const present = (await this.rows.find(command.id).catch(() => undefined)) ?? command;
    void reply.header('Location', `/admin/commands/${command.id}`);
    void reply.status(present.state === 'running' ? 202 : 200);
    return commandView(present);
  }
}

/** Before the order is noted nothing has been done: the refusal says so. */
async function untouched<T>(first: Promise<T>): Promise<T> {
  try {
    return await first;
  } catch (error) {
    const isAway =
      error instanceof QueueUnavailableError ||
      error instanceof QuotaUnavailableError ||
      isDatabaseAway(error);
    if (!isAway) throw error;
    const what = isDatabaseAway(error) ? 'The database' : 'Redis';
    throw new Problem('unavailable', `${what} cannot be reached now: nothing was done. Try again.`, {
      headers: { 'Retry-After': '1' },
    });
  }
}

function isDatabaseAway(error: unknown): boolean {
  return databaseFault(error) === 'transient';
}
