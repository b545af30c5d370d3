import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LookupPrisma } from 'fairshare/prisma';
import { ModelWeights, parseTenantId, PrismaLimitSource } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { ApiKeys } from './api-keys.js';

/** Nobody has it; whoever had it would lose nothing. */
const NOBODY = 'nobody';

/**
 * Looks up once what decisions need, before the process serves: the first connection and the first preparation of a
 * query take longer than a decision may. Where PostgreSQL is away the process starts all the same.
 */
@Injectable()
export class FirstLook implements OnApplicationBootstrap {
  constructor(
    private readonly keys: ApiKeys,
    private readonly prisma: LookupPrisma,
    private readonly weights: ModelWeights,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await Promise.allSettled([
      this.keys.ownerOf(NOBODY),
      // Not by the cache: a name that nobody has takes no place in it.
      new PrismaLimitSource(this.prisma).load(parseTenantId(NOBODY)),
      this.weights.admit(this.environment.DEFAULT_MODEL),
    ]);
  }
}
