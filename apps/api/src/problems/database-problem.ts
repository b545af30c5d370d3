import { databaseFault, Prisma } from 'fairshare/prisma';
import { Problem } from './problem.js';
import { unavailable } from './unavailable.js';

/** What the caller is told of an error of PostgreSQL. */
export function databaseProblem(error: unknown): Problem | undefined {
  if (isOvertaken(error))
    return new Problem('conflict', 'Somebody else did the same at the same time; read the present state.');
  if (databaseFault(error) === 'transient') return unavailable('The database', 1_000);
  return undefined;
}

/** A name taken, or a row gone, between our look and our write; or two writes that waited for each other. */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    ['P2002', 'P2003', 'P2025', 'P2034'].includes(error.code)
  );
}
