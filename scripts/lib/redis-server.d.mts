import type { Supervisor } from './supervised.mjs';

export interface StartedRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export function ensureRedisBinary(): Promise<string>;
export function findRedisBinary(): string | undefined;
export function startRedisServer(options: {
  supervisor: Supervisor;
  binary: string;
  dir: string;
  name?: string;
  port?: number;
  password?: string;
  args?: readonly string[];
}): Promise<StartedRedis>;
