import { Module } from '@nestjs/common';
import { Overruns } from './overruns.js';
import { PrismaUsageLedger } from './prisma-usage-ledger.js';
import { QuotaPressure } from './quota-pressure.js';
import { SlotTimes } from './slot-times.js';
import { UnknownModels } from './unknown-models.js';
import { UsageBuffer } from './usage-buffer.js';
import { UsageHistory } from './usage-history.js';
import { UsageWriter } from './usage-writer.js';

/** What was used, kept in PostgreSQL: the ledger and the history. */
@Module({
  providers: [
    Overruns,
    SlotTimes,
    UnknownModels,
    UsageBuffer,
    UsageWriter,
    PrismaUsageLedger,
    QuotaPressure,
    UsageHistory,
  ],
  exports: [
    Overruns,
    SlotTimes,
    UnknownModels,
    UsageBuffer,
    UsageWriter,
    PrismaUsageLedger,
    QuotaPressure,
    UsageHistory,
  ],
})
export class UsageModule {}
