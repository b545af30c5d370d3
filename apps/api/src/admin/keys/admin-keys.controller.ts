import { Body, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { RowIdPipe } from '../../http/row-id.pipe.js';
import { ConfigChange } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { AdminKeyDto, AdminKeysDto, CreateAdminKeyDto, NewAdminKeyDto } from './admin-keys.dto.js';
import { AdminKeys, ROOT_NAME } from '../../operators/admin-keys.js';
import { newSecretKey } from '../../identity/secret-key.js';

/** Operators' keys beside ADMIN_API_KEY. */
@AdminController('keys')
export class AdminKeysController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: AdminKeys,
    private readonly changes: ConfigChange,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Every operator key there ever was, without the keys themselves' })
  @ApiOkResponse({ type: AdminKeysDto })
  async list(): Promise<AdminKeysDto> {
    const rows = await this.prisma.adminKey.findMany({ select: SHOWN, orderBy: { id: 'asc' } });
    return { keys: rows.map(keyView) };
  }

  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Make an operator key; it is shown once' })
  @ApiCreatedResponse({ type: NewAdminKeyDto })
  async create(
    @Body() body: CreateAdminKeyDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewAdminKeyDto | DryRunDto> {
    const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
    if (expiresAt && expiresAt <= new Date())
      throw new Problem('invalid_request', 'expires_at must be in the future.');
    const { key, prefix, hash } = newSecretKey('fsa');
    return this.changes.answer({
      action: 'admin_key.create',
      target: `admin key ${body.name}`,
      concerned: 'nobody',
      request,
      reply,
      make: async (tx) => {
        await refuseTaken(tx, body.name);
        const row = await tx.adminKey.create({
          data: { name: body.name, role: body.role, prefix, hash, expiresAt },
        });
        return { before: null, after: keyView(row), answer: { ...keyView(row), key } };
      },
      tell: () => this.keys.made(hash),
    });
  }

  @Delete(':id')
  @MayBeDryRun()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an operator key; on every node at once' })
  @ApiNoContentResponse()
  async revoke(
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DryRunDto | undefined> {
    return this.changes.answer<undefined>({
      action: 'admin_key.revoke',
      target: `admin key ${id}`,
      concerned: 'nobody',
      request,
      reply,
      make: async (tx) => {
        const before = await tx.adminKey.findUnique({ where: { id } });
        if (!before) throw new Problem('not_found', `There is no admin key ${id}.`);
        if (before.revokedAt) throw new Problem('conflict', `Admin key ${id} was revoked already.`);
        const row = await tx.adminKey.update({ where: { id }, data: { revokedAt: new Date() } });
        return { before: keyView(before), after: keyView(row), answer: undefined };
      },
      tell: () => this.keys.revoked(),
    });
  }
}

async function refuseTaken(tx: Prisma.TransactionClient, name: string): Promise<void> {
  // Whatever its case: two names that read alike are one name to whoever reads the audit log.
  const [taken] = await tx.$queryRaw<
    unknown[]
  >`SELECT 1 FROM admin_keys WHERE lower(name) = lower(${name}) LIMIT 1`;
  if (taken || name.toLowerCase() === ROOT_NAME) {
    throw new Problem(
      'conflict',
      `A key is named ${JSON.stringify(name)} already; names stand in the audit log for ever.`,
    );
  }
}

const SHOWN = {
  id: true,
  name: true,
  role: true,
  prefix: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const satisfies Prisma.AdminKeySelect;
type Row = Pick<Prisma.AdminKeyModel, keyof typeof SHOWN>;

function keyView({ id, name, role, prefix, createdAt, expiresAt, revokedAt }: Row): AdminKeyDto {
  return {
    id,
    name,
    role,
    prefix,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}
