import { Inject, Injectable } from '@nestjs/common';
import { Cluster } from 'ioredis';
import { RedisConnection } from 'fairshare/redis';

/** Which memory Redis has: the processes that hold it, and how far each of them has written. */
export interface MemoryMark {
  readonly name: string;
  readonly offset: number;
}

/**
 * Tells one memory of Redis from another: a server that was started again, or a replica that took over, may know less than
 * the one before. What was emptied (FLUSHALL) is noticed by the queue's own marker.
 */
@Injectable()
export class RedisMemory {
  constructor(@Inject(RedisConnection) private readonly redis: RedisConnection) {}

  /** Rejects where Redis is away. */
  async mark(): Promise<MemoryMark> {
    const servers = this.redis instanceof Cluster ? this.redis.nodes('master') : [this.redis];
    const marks = await Promise.all(
      servers.map(async (server) => {
        const [about, replication] = await Promise.all([server.info('server'), server.info('replication')]);
        const name = `${field(about, 'run_id')}:${field(replication, 'master_replid')}`;
        return { name, offset: Number(field(replication, 'master_repl_offset')) || 0 };
      }),
    );
    return {
      name: marks
        .map(({ name }) => name)
        .sort()
        .join(','),
      offset: marks.reduce((total, { offset }) => total + offset, 0),
    };
  }
}

/** True where the second mark may be of a memory that knows less than the first. */
export function mayKnowLess(seen: MemoryMark, now: MemoryMark): boolean {
  return seen.name !== now.name || now.offset < seen.offset;
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}
