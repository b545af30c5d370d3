import { Body, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../http/problem.js';
import { AdminController } from './admin-route.decorator.js';
import { ConfigChange } from './config-change.js';
import { checkIfMatch, tagAnswer } from './etag.js';
import { NeedsRole } from './identity/admin-role.js';
import { ModelPush } from './model-push.js';
import { ModelDto, ModelsDto, PutModelDto } from './models.dto.js';

const NAME = /^(\*|[\w.:/-]{1,64})$/;

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
    const rows = await this.prisma.modelWeight.findMany({ orderBy: { name: 'asc' } });
    return { models: rows.map(modelView) };
  }

  @NeedsRole('read')
  @Get(':name')
  @ApiOperation({ summary: 'One model; its ETag is for If-Match' })
  @ApiOkResponse({ type: ModelDto })
  async read(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelDto> {
    const row = await knownModel(this.prisma, name);
    tagAnswer(reply, row);
    return modelView(row);
  }

  @Put(':name')
  @ApiOperation({ summary: 'Set what a model weighs; in force for the next call on every node' })
  @ApiOkResponse({ type: ModelDto })
  async put(
    @Param('name') name: string,
    @Body() body: PutModelDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelDto> {
    if (!NAME.test(name)) {
      throw new Problem('invalid_request', 'The name must be * or 1 to 64 of A-Z a-z 0-9 _ . : / -');
    }
    const data = {
      contextWindow: body.context_window,
      inputMicroUnitsPerToken: body.input_micro_units_per_token,
      outputMicroUnitsPerToken: body.output_micro_units_per_token,
      minimumUnits: body.minimum_units,
    };
    const row = await this.changes.apply({
      action: 'model.put',
      target: `model ${name}`,
      request,
      make: async (tx) => {
        const before = await lockedModel(tx, name);
        checkIfMatch(request, before ?? { version: 0 });
        const made = await tx.modelWeight.upsert({
          where: { name },
          create: { name, ...data },
          update: { ...data, version: { increment: 1 } },
        });
        return { before: before && modelView(before), after: modelView(made), answer: made };
      },
    });
    await this.push.changed();
    tagAnswer(reply, row);
    return modelView(row);
  }

  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a model: from then on the row * weighs it' })
  @ApiNoContentResponse()
  async remove(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
    if (name === '*')
      throw new Problem('conflict', 'The row * weighs every unknown model; change it instead.');
    await this.changes.apply({
      action: 'model.delete',
      target: `model ${name}`,
      request,
      make: async (tx) => {
        const before = (await lockedModel(tx, name)) ?? (await knownModel(tx, name));
        checkIfMatch(request, before);
        await tx.modelWeight.delete({ where: { name } });
        return { before: modelView(before), after: null, answer: undefined };
      },
    });
    await this.push.changed();
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

function modelView(row: Prisma.ModelWeightModel): ModelDto {
  return {
    name: row.name,
    context_window: row.contextWindow,
    input_micro_units_per_token: row.inputMicroUnitsPerToken,
    output_micro_units_per_token: row.outputMicroUnitsPerToken,
    minimum_units: row.minimumUnits,
    updated_at: row.updatedAt.toISOString(),
  };
}
