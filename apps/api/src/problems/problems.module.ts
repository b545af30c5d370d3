import { Global, Module } from '@nestjs/common';
import { databaseProblem } from './database-problem.js';
import { httpProblem } from './http-problem.js';
import { Problem } from './problem.js';
import { ProblemTable } from './problem-table.js';
import { redisProblem } from './redis-problem.js';

/** What is true of every feature's errors: a problem is told as it is; the framework, the database and Redis have their rows. */
@Global()
@Module({ providers: [ProblemTable], exports: [ProblemTable] })
export class ProblemsModule {
  constructor(problems: ProblemTable) {
    problems.add((error) => (error instanceof Problem ? error : undefined));
    problems.add(databaseProblem);
    problems.add(redisProblem);
    problems.add(httpProblem);
  }
}
