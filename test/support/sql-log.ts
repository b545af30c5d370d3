import pg from 'pg';
import type { TestApi } from './api.js';

export interface SqlLog {
  /** Statements of this process since the last `clear`, but for what the service does by itself, whoever asks. */
  statements(): string[];
  clear(): void;
  stop(): void;
}

interface Connection {
  readonly connectionParameters?: { readonly application_name?: string };
}

const BY_ITSELF: readonly RegExp[] = [
  /^\s*UPDATE admin_commands SET owner/, // the look for commands that were left, every 5 s
  /^(BEGIN|COMMIT|ROLLBACK|SET|DEALLOCATE)/i, // the life of a connection and a transaction
];

/** Hears every statement that this process sends to PostgreSQL. */
export function logSql(): SqlLog {
  const prototype = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  let seen: string[] = [];
  prototype.query = function (this: Connection, ...args: unknown[]) {
    const isBackground = this.connectionParameters?.application_name?.endsWith('background');
    const text = typeof args[0] === 'string' ? args[0] : (args[0] as { text?: string } | undefined)?.text;
    if (text !== undefined && !isBackground) seen.push(text);
    return query.apply(this, args);
  };
  return {
    statements: () => seen.filter((text) => !BY_ITSELF.some((own) => own.test(text))),
    clear: () => void (seen = []),
    stop: () => void (prototype.query = query),
  };
}

/**
 * Counts every row that is inserted, updated or deleted from now on, also by a transaction that is rolled back; of a job
 * its row alone: that its client was told is noted later.
 */
export async function countWrites({ prisma }: TestApi): Promise<() => Promise<number>> {
  const tables = ['jobs', 'idempotency_keys', 'audit_log', 'overrides', 'tenants', 'api_keys'];
  await prisma.$executeRawUnsafe('CREATE SEQUENCE IF NOT EXISTS seen_writes');
  await prisma.$executeRawUnsafe(
    `CREATE OR REPLACE FUNCTION see_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
     $$ BEGIN PERFORM nextval('public.seen_writes'); RETURN NULL; END $$`,
  );
  for (const table of tables) {
    await prisma.$executeRawUnsafe(
      `CREATE OR REPLACE TRIGGER see_write AFTER INSERT OR DELETE ${table === 'jobs' ? '' : 'OR UPDATE'} ON ${table}
       FOR EACH ROW EXECUTE FUNCTION see_write()`,
    );
  }
  const read = async () => {
    const [row] = await prisma.$queryRaw<{ n: bigint }[]>`
      SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM seen_writes`;
    return Number(row!.n);
  };
  const before = await read();
  return async () => (await read()) - before;
}
