import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { auditRow, type Doer, toJson } from '../changes/audit-row.js';
import { SHOWN_OF_COMMAND, type ShownCommand } from './command-view.js';
import type { Command, Order, Progress } from './command.js';

/** How long a node may be silent before another goes on with its command, in seconds. */
const LEASE_SECONDS = 30;

type Ended = 'done' | 'partly_done' | 'not_done';

export interface Outcome {
  readonly state: Ended;
  readonly after: unknown;
  readonly detail: string | null;
}

/** Commands in PostgreSQL, each with an audit row when it is asked for and one when it has ended. */
@Injectable()
export class CommandRows {
  /** This process, as the holder of leases. */
  private readonly owner = randomUUID();

  constructor(private readonly prisma: PrismaService) {}

  /** Notes what is asked for. What the same operator's opposite order had left is given up: this one is the newer. */
  begin(order: Order, doer: Doer, before: unknown): Promise<Command> {
    return this.prisma.$transaction((tx) => this.beginIn(tx, order, { doer, before }));
  }

  /** The same within a transaction of the caller's. */
  async beginIn(
    tx: Prisma.TransactionClient,
    { action, tenantId, args = {} }: Order,
    { doer, before }: { readonly doer: Doer; readonly before: unknown },
  ): Promise<Command> {
    const target = args.job_id
      ? `job ${args.job_id}`
      : tenantId === null
        ? 'all tenants'
        : `tenant ${tenantId}`;
    if (PAUSES.includes(action)) await this.supersede(tx, tenantId);
    const row = await tx.adminCommand.create({
      data: {
        id: randomUUID(),
        action,
        target,
        tenantId,
        args: args as Prisma.InputJsonValue,
        before: toJson(before),
        ...doer,
        owner: this.owner,
      },
    });
    const asked = { command_id: row.id, ...args };
    await tx.auditEntry.create({
      data: auditRow(doer, { action: `${action}.requested`, target, tenantId, before, after: asked }),
    });
    return row as Command;
  }

  /** Notes a step and keeps the lease; false: another has taken it over, or it was given up. */
  async keep({ id }: Command, progress: Progress): Promise<boolean> {
    const count = await this.prisma.$executeRaw`
      UPDATE admin_commands SET progress = ${JSON.stringify(progress)}::jsonb, lease_until = now() + ${LEASE_SECONDS} * interval '1 s'
      WHERE id = ${id}::uuid AND owner = ${this.owner}::uuid AND state = 'running'`;
    return count === 1;
  }

  /** Lets another node, or this one later, go on. */
  async release({ id }: Command, afterSeconds: number): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE admin_commands SET lease_until = now() + ${afterSeconds} * interval '1 s'
      WHERE id = ${id}::uuid AND owner = ${this.owner}::uuid AND state = 'running'`;
  }

  /** Takes over the oldest command whose lease has lapsed. */
  async takeOver(): Promise<Command | undefined> {
    const [taken] = await this.prisma.$queryRaw<{ id: string }[]>`
      UPDATE admin_commands SET owner = ${this.owner}::uuid, attempts = attempts + 1,
        lease_until = now() + ${LEASE_SECONDS} * interval '1 s'
      WHERE id = (
        SELECT id FROM admin_commands WHERE state = 'running' AND lease_until < now()
        ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED
      ) RETURNING id`;
    return taken && this.find(taken.id);
  }

  /** Notes how it ended, once, with its audit row. */
  async finish(command: Command, { state, after, detail }: Outcome): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      const { count } = await tx.adminCommand.updateMany({
        where: { id: command.id, state: 'running', owner: this.owner },
        data: {
          state,
          detail,
          after: toJson(after),
          progress: command.progress as Prisma.InputJsonValue,
          finishedAt: new Date(),
        },
      });
      if (count === 1) await note(tx, command, { state, after, detail });
    });
  }

  async find(id: string): Promise<Command | undefined> {
    return ((await this.prisma.adminCommand.findUnique({ where: { id } })) as Command | null) ?? undefined;
  }

  async list(where: Prisma.AdminCommandWhereInput, limit: number): Promise<ShownCommand[]> {
    const rows = await this.prisma.adminCommand.findMany({
      select: SHOWN_OF_COMMAND,
      where,
      orderBy: { createdAt: 'desc' },
      take: limit,
    });
    return rows as ShownCommand[];
  }

  private async supersede(tx: Prisma.TransactionClient, tenantId: string | null): Promise<void> {
    const where = { state: 'running' as const, tenantId, action: { in: [...PAUSES] } };
    for (const row of await tx.adminCommand.findMany({ where, select: NOTED })) {
      const outcome = { state: 'not_done' as const, after: null, detail: 'A newer command took its place.' };
      const { state, detail } = outcome;
      await tx.adminCommand.update({
        where: { id: row.id },
        data: { state, detail, finishedAt: new Date() },
      });
      await note(tx, row as NotedCommand, outcome);
    }
  }
}

/** What the audit log says of it. */
const NOTED = {
  id: true,
  action: true,
  target: true,
  tenantId: true,
  before: true,
  progress: true,
  actor: true,
  role: true,
  address: true,
  requestId: true,
} as const satisfies Prisma.AdminCommandSelect;
type NotedCommand = Pick<Command, keyof typeof NOTED>;

const PAUSES: readonly string[] = ['queue.pause', 'queue.resume'];

/** The bare name of an action stands in the audit log only where it was done, wholly or partly. */
async function note(
  tx: Prisma.TransactionClient,
  command: NotedCommand,
  { state, after, detail }: Outcome,
): Promise<void> {
  const { id, action, target, tenantId, before, progress, actor, role, address, requestId } = command;
  const { cursor: _, ...counts } = progress;
  await tx.auditEntry.create({
    data: auditRow(
      { actor, role, address, requestId },
      {
        action: state === 'not_done' ? `${action}.not_done` : action,
        target,
        tenantId,
        before,
        after: {
          command_id: id,
          state,
          ...(detail ? { detail } : {}),
          ...counts,
          ...(after as object | null),
        },
      },
    ),
  });
}
