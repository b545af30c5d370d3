import { Injectable } from '@nestjs/common';
import { databaseFault } from 'fairshare/prisma';
import { type Fault, faultsByRetryable, type JobFaults } from 'fairshare/queue';

/** What Redis says while it is busy, starting, full, or no master; anything else it says, it will say again. */
const TRANSIENT_REPLY =
  /^(?:LOADING|BUSY|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|NOSCRIPT|UNBLOCKED|MISCONF|EXECABORT)\b/;
const CONNECTION =
  /Connection is closed|Connection lost|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|Command timed out|max retries per request/i;

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

function redisFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ReplyError') return TRANSIENT_REPLY.test(error.message) ? 'transient' : 'permanent';
  return CONNECTION.test(error.message) ? 'transient' : undefined;
}
