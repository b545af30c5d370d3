import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { BackgroundPrisma } from 'fairshare/prisma';
import type { Memory } from './pass.js';
import { mayKnowLess, type MemoryMark } from './redis-memory.js';

/** How long a node may be silent before another compares, in seconds. */
const LEASE_SECONDS = 60;

/** One row in PostgreSQL: one node compares at a time, and all know which memory of Redis was seen last. */
@Injectable()
export class ReconcilerLease {
  private readonly owner = randomUUID();

  constructor(private readonly prisma: BackgroundPrisma) {}

  /** False where another node compares, or one has done so within `restSeconds`. */
  async take(restSeconds: number): Promise<boolean> {
    const taken = await this.prisma.$executeRaw`
      UPDATE reconciler SET owner = ${this.owner}::uuid, lease_until = now() + ${LEASE_SECONDS} * interval '1 s'
      WHERE (lease_until < now() OR owner = ${this.owner}::uuid)
        AND finished_at <= now() - ${restSeconds} * interval '1 s'`;
    return taken === 1;
  }

  /** False where another node has taken it meanwhile. */
  async keep(): Promise<boolean> {
    const kept = await this.prisma.$executeRaw`
      UPDATE reconciler SET lease_until = now() + ${LEASE_SECONDS} * interval '1 s'
      WHERE owner = ${this.owner}::uuid`;
    return kept === 1;
  }

  async release(): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE reconciler SET lease_until = to_timestamp(0), finished_at = now() WHERE owner = ${this.owner}::uuid`;
  }

  /** What is known of Redis' memory, whichever node saw it. `notes`: an older one is older for everybody, from now on. */
  async memory(mark: MemoryMark, notes: boolean): Promise<Memory> {
    const row = await this.prisma.reconciler.findUniqueOrThrow({ where: { id: 1 } });
    const [name = '', offset = '0'] = row.memory.split('@');
    const isOlder = row.memory !== '' && mayKnowLess({ name, offset: Number(offset) }, mark);
    if (!notes) return { isOlder, since: isOlder ? new Date() : row.memorySince };
    const { memorySince } = await this.prisma.reconciler.update({
      where: { id: 1 },
      data: { memory: `${mark.name}@${mark.offset}`, ...(isOlder ? { memorySince: new Date() } : {}) },
    });
    return { isOlder, since: memorySince };
  }

  /** Redis lost its memory: what it does not know now, it may have known. */
  async forgotten(): Promise<void> {
    await this.prisma.reconciler.update({ where: { id: 1 }, data: { memorySince: new Date() } });
  }
}
