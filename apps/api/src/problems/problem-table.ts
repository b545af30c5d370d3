import { Injectable } from '@nestjs/common';
import type { Problem } from './problem.js';

/** Says what the caller is told of an error; undefined for one that it does not know. */
export type ProblemRow = (error: unknown) => Problem | undefined;

/** What callers are told of errors. Each feature adds the rows of its own errors when it is made. */
@Injectable()
export class ProblemTable {
  private readonly rows: ProblemRow[] = [];

  add(row: ProblemRow): void {
    this.rows.push(row);
  }

  /** undefined for an error that is our own fault. */
  problemOf(error: unknown): Problem | undefined {
    for (const row of this.rows) {
      const problem = row(error);
      if (problem) return problem;
    }
    return undefined;
  }
}
