export { databaseFault } from './database-fault.js';
export { PrismaModule, type PrismaModuleAsyncOptions } from './prisma.module.js';
export {
  BackgroundPrisma,
  createPrismaAdapter,
  LookupPrisma,
  PrismaOptions,
  PrismaService,
} from './prisma.service.js';
export {
  AdminRole,
  HoldExpiry,
  JobState,
  LimitKind,
  LimitPeriod,
  OverflowPolicy,
  Prisma,
  PrismaClient,
  TenantStatus,
} from './generated/client.js';
