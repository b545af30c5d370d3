import { Body, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { newSecretKey } from '../../identity/secret-key.js';
import { API_KEY_KIND, ApiKeys } from '../../tenancy/api-keys.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ApiKeyDto, ApiKeysDto, CreateApiKeyDto, NewApiKeyDto } from './api-keys.dto.js';
import { RowIdPipe } from '../../http/row-id.pipe.js';
import { ConfigChange } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant } from '../changes/known-names.js';

const SHOWN = {
  id: true,
  tenantId: true,
  name: true,
  prefix: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const satisfies Prisma.ApiKeySelect;

/** A tenant's API keys. */
@AdminController('tenants/:tenantId/api-keys')
export class ApiKeysController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly apiKeys: ApiKeys,
    private readonly changes: ConfigChange,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Every API key of the tenant, without the keys themselves' })
  @ApiOkResponse({ type: ApiKeysDto })
  async list(@Param('tenantId') tenantId: string): Promise<ApiKeysDto> {
    await knownTenant(this.prisma, tenantId);
    const rows = await this.prisma.apiKey.findMany({
      select: SHOWN,
      where: { tenantId },
      orderBy: { id: 'asc' },
    });
    return { keys: rows.map(keyView) };
  }

  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Make an API key for the tenant; it is shown once' })
  @ApiCreatedResponse({ type: NewApiKeyDto })
  create(
    @Param('tenantId') tenantId: string,
    @Body() body: CreateApiKeyDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewApiKeyDto | DryRunDto> {
    const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
    if (expiresAt && expiresAt <= new Date())
      throw new Problem('invalid_request', 'expires_at must be in the future.');
    const { key, prefix, hash } = newSecretKey(API_KEY_KIND);
    return this.changes.answer({
      action: 'api_key.create',
      target: `tenant ${tenantId}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const row = await tx.apiKey.create({
          data: { tenantId, name: body.name ?? '', prefix, hash, expiresAt, scopes: body.scopes ?? [] },
        });
        return { before: null, after: keyView(row), answer: { ...keyView(row), key } };
      },
      tell: () => this.apiKeys.made(hash),
    });
  }

  @Delete(':id')
  @MayBeDryRun()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key; on every node at once' })
  @ApiNoContentResponse()
  async revoke(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DryRunDto | undefined> {
    return this.changes.answer<undefined>({
      action: 'api_key.revoke',
      target: `API key ${id}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await tx.apiKey.findFirst({ where: { id, tenantId } });
        if (!before) throw new Problem('not_found', `The tenant has no API key ${id}.`);
        if (before.revokedAt) throw new Problem('conflict', `API key ${id} was revoked already.`);
        const row = await tx.apiKey.update({ where: { id }, data: { revokedAt: new Date() } });
        return { before: keyView(before), after: keyView(row), answer: undefined };
      },
      tell: () => this.apiKeys.revoked(),
    });
  }
}

function keyView(row: Pick<Prisma.ApiKeyModel, keyof typeof SHOWN>): ApiKeyDto {
  return {
    id: row.id,
    tenant_id: row.tenantId,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  };
}
