import { Module } from '@nestjs/common';
import { QueuePauses } from './queue-pauses.js';

/** Apart, because those who pause and those who compare need it. */
@Module({ providers: [QueuePauses], exports: [QueuePauses] })
export class QueuePausesModule {}
