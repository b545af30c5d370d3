import { Body, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { checkPreconditions, Preconditions, taggedAnswer } from '../../http/preconditions.js';
import { Problem } from '../../problems/problem.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ConfigChange } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { ModelPush } from './model-push.js';
import { ModelDto, ModelsDto, PutModelDto } from './models.dto.js';

// A path drops the parts . and .. before it is sent.
const NAME = /^(?!\.{1,2}$)(\*|[\w.:/@-]{1,64})$/;

const SHOWN = {
  name: true,
  contextWindow: true,
  inputMicroUnitsPerToken: true,
  outputMicroUnitsPerToken: true,
  minimumUnits: true,
  updatedAt: true,
} as const satisfies Prisma.ModelWeightSelect;

/** What a call of each model weighs. */
@AdminController('models')
export class ModelsController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly push: ModelPush,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Every model with its weight' })
  @ApiOkResponse({ type: ModelsDto })
  async list(): Promise<ModelsDto> {
    const rows = await this.prisma.modelWeight.findMany({ select: SHOWN, orderBy: { name: 'asc' } });
    return { models: rows.map(modelView) };
  }

  @NeedsRole('read')
  @Get(':name')
  @Preconditions()
  @ApiOperation({ summary: 'One model; its ETag is for If-Match' })
  @ApiOkResponse({ type: ModelDto })
  async read(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelDto | undefined> {
    return taggedAnswer({ request, reply }, await knownModel(this.prisma, name), modelView);
  }

  @Put(':name')
  @MayBeDryRun()
  @Preconditions()
  @ApiOperation({ summary: 'Set what a model weighs; in force for the next call on every node' })
  @ApiOkResponse({ type: ModelDto })
  async put(
    @Param('name') name: string,
    @Body() body: PutModelDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelDto | DryRunDto> {
    if (!NAME.test(name)) {
      throw new Problem('invalid_request', 'The name must be * or 1 to 64 of A-Z a-z 0-9 _ . : / @ -');
    }
    const data = {
      contextWindow: body.context_window,
      inputMicroUnitsPerToken: body.input_micro_units_per_token,
      outputMicroUnitsPerToken: body.output_micro_units_per_token,
      minimumUnits: body.minimum_units,
    };
    return this.changes.answer<ModelDto>({
      action: 'model.put',
      target: `model ${name}`,
      concerned: 'all',
      request,
      reply,
      make: async (tx) => {
        const before = await lockedModel(tx, name);
        checkPreconditions(request, before ?? undefined);
        const made = await tx.modelWeight.upsert({
          where: { name },
          create: { name, ...data },
          update: { ...data, version: { increment: 1 } },
        });
        return {
          before: before && modelView(before),
          after: modelView(made),
          answer: modelView(made),
          tag: made,
        };
      },
      tell: () => this.push.changed(),
    });
  }

  @Delete(':name')
  @MayBeDryRun()
  @Preconditions()
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a model: from then on the row * weighs it' })
  @ApiNoContentResponse()
  async remove(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DryRunDto | undefined> {
    if (name === '*')
      throw new Problem(
        'conflict',
        'The row * is the least that an unknown model weighs; change it instead.',
      );
    return this.changes.answer<undefined>({
      action: 'model.delete',
      target: `model ${name}`,
      concerned: 'all',
      request,
      reply,
      make: async (tx) => {
        const before = (await lockedModel(tx, name)) ?? (await knownModel(tx, name));
        checkPreconditions(request, before);
        await tx.modelWeight.delete({ where: { name } });
        return { before: modelView(before), after: null, answer: undefined };
      },
      tell: () => this.push.changed(),
    });
  }
}

async function lockedModel(tx: Prisma.TransactionClient, name: string) {
  await tx.$queryRaw`SELECT 1 FROM models WHERE name = ${name} FOR UPDATE`;
  return tx.modelWeight.findUnique({ where: { name } });
}

async function knownModel(tx: Pick<Prisma.TransactionClient, 'modelWeight'>, name: string) {
  const row = await tx.modelWeight.findUnique({ where: { name } });
  if (!row) throw new Problem('not_found', `No model is named ${JSON.stringify(name)}.`);
  return row;
}

function modelView(row: Pick<Prisma.ModelWeightModel, keyof typeof SHOWN>): ModelDto {
  return {
    name: row.name,
    context_window: row.contextWindow,
    input_micro_units_per_token: row.inputMicroUnitsPerToken,
    output_micro_units_per_token: row.outputMicroUnitsPerToken,
    minimum_units: row.minimumUnits,
    updated_at: row.updatedAt.toISOString(),
  };
}
