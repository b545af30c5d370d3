import { isUUID } from 'class-validator';
import { Injectable } from '@nestjs/common';
import { BackgroundPrisma, Prisma, PrismaService } from 'fairshare/prisma';
import {
  type EnqueueRequest,
  JobCancelledError,
  type JobError,
  type JobEvents,
  type JobState,
  type JobTransition,
  type JobView,
} from 'fairshare/queue';
import { Problem } from '../problems/problem.js';
import type { JobCursor } from './job-cursor.js';

/** States in which a job still has something before it. */
const LIVE = ['waiting', 'running', 'failed'] as const;

/** What a list shows; what else a job has can be large. */
const SUMMARY = {
  id: true,
  tenantId: true,
  state: true,
  attempts: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
} as const satisfies Prisma.JobSelect;
const FOUND = { ...SUMMARY, result: true, error: true, accepting: true } as const satisfies Prisma.JobSelect;
/** What the queue needs to run it. */
const QUEUED = {
  id: true,
  tenantId: true,
  name: true,
  payload: true,
  cost: true,
  weight: true,
  priority: true,
  maxAttempts: true,
  attempts: true,
  state: true,
  createdAt: true,
  accepting: true,
} as const satisfies Prisma.JobSelect;
type QueuedRow = Prisma.JobGetPayload<{ select: typeof QUEUED }>;

const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const LIVE_PAGE = 500;

/** A job as the queue takes it. */
export interface JournaledJob extends EnqueueRequest {
  readonly jobId: string;
  readonly createdAt: Date;
  /** Nobody has noted yet that its client was told. */
  readonly isAccepting: boolean;
}

export interface DeadJob extends JournaledJob {
  readonly error: JobError;
  readonly diedAt: Date;
}

/** How a job ended in the queue. */
export type JobEnd = Pick<JobView, 'jobId' | 'state' | 'finishedAtMs' | 'result' | 'error'>;

/** The journal knows that the job has ended, or does not know it: it must not run. */
export class JobGoneError extends JobCancelledError {}

export type JobSummaryRow = Prisma.JobGetPayload<{ select: typeof SUMMARY }>;
export type JobRow = Prisma.JobGetPayload<{ select: typeof FOUND }>;

export interface JobPageRequest {
  readonly tenantId: string;
  /** Default: all. */
  readonly state?: JobState;
  readonly after?: JobCursor;
  readonly limit: number;
}

export function hasEnded(state: JobState): boolean {
  return !LIVE.some((live) => live === state);
}

/** Back in line, or dead from the line: its quota refused it for now or for good, or its worker stopped. */
function hasRun(from: JobState, to: JobState): boolean {
  return to !== 'waiting' && (to !== 'dead' || from === 'running');
}

/** Keeps every accepted job in PostgreSQL: what makes a 202 durable, and where results stay. */
@Injectable()
export class JobJournal implements JobEvents {
  constructor(
    private readonly prisma: PrismaService,
    private readonly background: BackgroundPrisma,
  ) {}

  /** Its client is not told yet: `acknowledge` notes that. What an attempt before has left is taken up. */
  async accept(job: EnqueueRequest & { jobId: string }): Promise<void> {
    await this.prisma.job.createMany({
      skipDuplicates: true,
      data: {
        id: job.jobId,
        tenantId: job.tenantId,
        name: job.name,
        payload: job.payload as Prisma.InputJsonValue,
        cost: { units: job.cost ?? 1 },
        weight: job.weight ?? 1,
        priority: job.priority ?? 0,
        maxAttempts: job.maxAttempts ?? 3,
        accepting: true,
      },
    });
  }

  /** Takes back a job that nobody was told of. */
  async withdraw(jobId: string): Promise<boolean> {
    const { count } = await this.prisma.job.deleteMany({ where: { id: jobId, accepting: true } });
    return count > 0;
  }

  /** Their clients were told. */
  async acknowledge(jobIds: readonly string[]): Promise<boolean> {
    const where = { id: { in: [...jobIds] }, accepting: true };
    const { count } = await this.background.job.updateMany({ where, data: { accepting: false } });
    return count > 0;
  }

  /** An end is final: what comes late changes nothing, and who would begin then hears JobGoneError. */
  async onTransition({ job, from, to, atMs, result, error }: JobTransition): Promise<void> {
    const at = new Date(atMs);
    const ended = hasEnded(to);
    if (from === 'dead' && to === 'waiting') return this.revive(job.jobId);
    const { count } = await this.background.job.updateMany({
      where: { id: job.jobId, state: { in: [...LIVE] } },
      data: {
        state: to,
        accepting: false,
        attempts: hasRun(from, to) ? job.attempt : Math.max(0, job.attempt - 1),
        ...(to === 'running' ? { startedAt: at } : {}),
        ...(ended ? { finishedAt: at } : {}),
        ...(result === undefined ? {} : { result: result as Prisma.InputJsonValue }),
        ...(error === undefined ? {} : { error: { message: error.message, code: error.code ?? null } }),
      },
    });
    if (count === 0 && to === 'running') throw new JobGoneError('The job has ended, or nobody accepted it');
  }

  /** The queue has ended it, and the journal was not told. False where it has ended here too. */
  async takeEnd({ jobId, state, finishedAtMs, result, error }: JobEnd): Promise<boolean> {
    const { count } = await this.background.job.updateMany({
      where: { id: jobId, state: { in: [...LIVE] } },
      data: {
        state,
        finishedAt: new Date(finishedAtMs ?? Date.now()),
        ...(result === undefined ? {} : { result: result as Prisma.InputJsonValue }),
        ...(error === undefined ? {} : { error: { message: error.message, code: error.code ?? null } }),
      },
    });
    return count > 0;
  }

  /** Of these jobs those that have not ended, by id. */
  async liveOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JournaledJob>> {
    const where = { id: { in: jobIds.filter((jobId) => isUUID(jobId)) }, state: { in: [...LIVE] } };
    const rows = await this.background.job.findMany({ where, select: QUEUED });
    return new Map(rows.map((row) => [row.id, journaledJob(row)]));
  }

  /** Every job that died since, in pages. */
  async *dead(since: Date): AsyncGenerator<DeadJob[]> {
    for (let after = NIL_UUID; ;) {
      const rows = await this.background.job.findMany({
        where: { state: 'dead', finishedAt: { gt: since }, id: { gt: after } },
        select: { ...QUEUED, error: true, finishedAt: true },
        orderBy: { id: 'asc' },
        take: LIVE_PAGE,
      });
      if (rows.length === 0) return;
      yield rows.map((row) => ({
        ...journaledJob(row),
        attemptsUsed: row.attempts,
        error: row.error as unknown as JobError,
        diedAt: row.finishedAt!,
      }));
      after = rows.at(-1)!.id;
    }
  }

  /** A dead job that was requeued has everything before it again. */
  private async revive(jobId: string): Promise<void> {
    await this.background.job.updateMany({
      where: { id: jobId, state: 'dead' },
      data: { state: 'waiting', attempts: 0, finishedAt: null, error: Prisma.DbNull },
    });
  }

  /** The job with what came of it. */
  find(jobId: string, tenantId: string): Promise<JobRow | null> {
    return this.prisma.job.findFirst({ where: { id: jobId, tenantId }, select: FOUND });
  }

  /** Throws `not_found`, alike for a job of another tenant and for what is no id. */
  async mustFind(jobId: string, tenantId: string): Promise<JobRow> {
    const row = isUUID(jobId) ? await this.find(jobId, tenantId) : null;
    if (!row) throw new Problem('not_found', 'You have no job of this id.');
    return row;
  }

  /** Newest first, from after the cursor on. */
  page({ tenantId, state, after, limit }: JobPageRequest): Promise<JobSummaryRow[]> {
    const older = after && {
      OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
    };
    return this.prisma.job.findMany({
      where: { tenantId, state, ...older },
      select: SUMMARY,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
  }

  /** Of those that have not ended; returns how many they were. */
  async cancelAll(jobIds: readonly string[]): Promise<number> {
    const { count } = await this.prisma.job.updateMany({
      where: { id: { in: [...jobIds] }, state: { in: [...LIVE] } },
      data: {
        state: 'cancelled',
        finishedAt: new Date(),
        error: { message: 'Cancelled before it ran', code: 'job_cancelled' },
      },
    });
    return count;
  }

  /** Ids of the tenant's jobs that were accepted before a time and wait, in pages. */
  async *waitingSince(tenantId: string, at: Date): AsyncGenerator<string[]> {
    for (let after = NIL_UUID; ;) {
      const rows = await this.prisma.job.findMany({
        where: { tenantId, state: { in: ['waiting', 'failed'] }, createdAt: { lt: at }, id: { gt: after } },
        orderBy: { id: 'asc' },
        take: 100,
        select: { id: true },
      });
      if (rows.length === 0) return;
      yield rows.map(({ id }) => id);
      after = rows.at(-1)!.id;
    }
  }

  async cancel(jobId: string): Promise<void> {
    await this.prisma.job.updateMany({
      where: { id: jobId, state: { in: [...LIVE] } },
      data: { state: 'cancelled', finishedAt: new Date() },
    });
  }

  /** Every job that has not ended, oldest first, in pages. A row that ends meanwhile hides no other. */
  async *live(): AsyncGenerator<JournaledJob[]> {
    for (let after: JobCursor = { createdAt: new Date(0), id: NIL_UUID }; ;) {
      const newer = [
        { createdAt: { gt: after.createdAt } },
        { createdAt: after.createdAt, id: { gt: after.id } },
      ];
      const rows = await this.background.job.findMany({
        where: { state: { in: [...LIVE] }, OR: newer },
        select: QUEUED,
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: LIVE_PAGE,
      });
      if (rows.length === 0) return;
      yield rows.map(journaledJob);
      after = rows.at(-1)!;
    }
  }
}

function journaledJob(row: QueuedRow): JournaledJob {
  return {
    jobId: row.id,
    tenantId: row.tenantId,
    name: row.name,
    payload: row.payload as EnqueueRequest['payload'],
    cost: (row.cost as { units: number }).units,
    weight: row.weight,
    priority: row.priority,
    maxAttempts: row.maxAttempts,
    createdAt: row.createdAt,
    isAccepting: row.accepting,
    attemptsUsed: Math.max(0, row.state === 'running' ? row.attempts - 1 : row.attempts),
  };
}
