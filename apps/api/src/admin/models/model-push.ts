import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModelWeights } from 'fairshare/quota';
import { Environment } from '../../config/environment.js';
import { modelsChannel } from '../../signals/channels.js';
import { RedisSignals } from '../../signals/redis-signals.js';

/** Makes every node read the table of model weights anew; a node that misses it does so within a minute. */
@Injectable()
export class ModelPush implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly channel: string;
  private stopListening: () => void = () => undefined;

  constructor(
    @Inject(Environment) environment: Environment,
    private readonly models: ModelWeights,
    private readonly signals: RedisSignals,
  ) {
    this.channel = modelsChannel(environment.REDIS_KEY_PREFIX);
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.signals.listen(this.channel, () => this.models.invalidate());
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  /** After a change is committed. false: other nodes learn of it within a minute. */
  async changed(): Promise<boolean> {
    this.models.invalidate();
    return this.signals.tell(this.channel, '');
  }
}
