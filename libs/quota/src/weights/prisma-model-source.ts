import type { PrismaClient } from 'fairshare/prisma';
import type { ModelSource, ModelWeight } from './model-source.js';

/** Model weights from PostgreSQL. */
export class PrismaModelSource implements ModelSource {
  constructor(private readonly prisma: Pick<PrismaClient, 'modelWeight'>) {}

  loadAll(): Promise<readonly ModelWeight[]> {
    return this.prisma.modelWeight.findMany({
      select: {
        name: true,
        contextWindow: true,
        inputMicroUnitsPerToken: true,
        outputMicroUnitsPerToken: true,
        minimumUnits: true,
      },
    });
  }
}
