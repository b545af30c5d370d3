import { Injectable } from '@nestjs/common';
import { databaseFault } from 'fairshare/prisma';
import { type Fault, faultsByRetryable, type JobFaults } from 'fairshare/queue';
import { redisFault } from 'fairshare/redis';

/** The one place that tells which errors of quota, database and Redis a job may wait for. All else is permanent. */
@Injectable()
export class ServiceFaults implements JobFaults {
  faultOf(error: unknown): Fault {
    const said = faultsByRetryable.faultOf(error);
    if (said === 'permanent') return said;
    // "Unavailable" is also said of what will never work: its cause knows better.
    const source = said === 'transient' ? (error as Error).cause : error;
    return databaseFault(source) ?? redisFault(source) ?? (said === 'transient' ? said : 'permanent');
  }
}
