import { Prisma } from './generated/client.js';

/** Connection, deadline, lock, or a server without room; the same statement may succeed later. */
const TRANSIENT_PRISMA = /^(?:P1\d{3}|P2024|P2028|P2034|P2037)$/;
/** Classes 08 (connection), 40 (rolled back), 53 (no room); 55P03 (lock), 57 (told to stop), 25006 (a standby). */
const TRANSIENT_SQLSTATE = /^(?:08...|40...|53...|57...|55P03|25006)$/;
const TRANSIENT_MESSAGE =
  /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EAI_AGAIN|ENOTFOUND|timeout exceeded when trying to connect|Connection terminated|Query read timeout|not queryable/;
/** How the driver names what it knows, in place of a code. */
const TRANSIENT_KIND = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionWriteConflict',
];
const MOST_CAUSES = 5;

/**
 * Whether a statement that failed may succeed later as it is; undefined for an error that is not the database's.
 * Everything is permanent that is not known to be transient: a value it cannot keep, a broken constraint, a wrong query.
 */
export function databaseFault(error: unknown): 'transient' | 'permanent' | undefined {
  const causes = causesOf(error);
  if (causes.some(isTransient)) return 'transient';
  return causes.some(isOfDatabase) ? 'permanent' : undefined;
}

interface Cause {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown };
}

/** The error, and what it was made of. */
function causesOf(error: unknown): readonly Cause[] {
  const causes: Cause[] = [];
  let next = error as Cause | null | undefined;
  while (typeof next === 'object' && next !== null && causes.length < MOST_CAUSES) {
    causes.push(next);
    next = (next.cause ?? next.meta?.driverAdapterError) as Cause | undefined;
  }
  return causes;
}

function isTransient(cause: Cause): boolean {
  const { code, originalCode, kind, message } = cause;
  return (
    cause instanceof Prisma.PrismaClientInitializationError ||
    cause instanceof Prisma.PrismaClientRustPanicError ||
    (typeof code === 'string' && (TRANSIENT_PRISMA.test(code) || TRANSIENT_SQLSTATE.test(code))) ||
    (typeof originalCode === 'string' && TRANSIENT_SQLSTATE.test(originalCode)) ||
    (typeof kind === 'string' && TRANSIENT_KIND.includes(kind)) ||
    (typeof message === 'string' && TRANSIENT_MESSAGE.test(message))
  );
}

function isOfDatabase(cause: Cause): boolean {
  return (
    cause instanceof Prisma.PrismaClientKnownRequestError ||
    cause instanceof Prisma.PrismaClientUnknownRequestError ||
    cause instanceof Prisma.PrismaClientValidationError ||
    cause.name === 'DriverAdapterError'
  );
}
