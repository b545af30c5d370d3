import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LimitCache, ModelWeights, parseTenantId } from 'fairshare/quota';
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
    private readonly limits: LimitCache,
    private readonly weights: ModelWeights,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await Promise.allSettled([
      this.keys.ownerOf(NOBODY),
      this.limits.get(parseTenantId(NOBODY)),
      this.weights.admit(this.environment.DEFAULT_MODEL),
    ]);
  }
}
