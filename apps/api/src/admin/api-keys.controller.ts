import { Body, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../http/problem.js';
import { newSecretKey } from '../identity/secret-key.js';
import { API_KEY_KIND, ApiKeys } from '../tenancy/api-keys.js';
import { AdminController } from './admin-route.decorator.js';
import { ApiKeyDto, ApiKeysDto, CreateApiKeyDto, NewApiKeyDto } from './api-keys.dto.js';
import { RowIdPipe } from '../http/row-id.pipe.js';
import { ConfigChange } from './config-change.js';
import { NeedsRole } from './identity/admin-role.js';
import { knownTenant } from './known-names.js';

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
    const rows = await this.prisma.apiKey.findMany({ where: { tenantId }, orderBy: { id: 'asc' } });
    return { keys: rows.map(keyView) };
  }

  @Post()
  @ApiOperation({ summary: 'Make an API key for the tenant; it is shown once' })
  @ApiCreatedResponse({ type: NewApiKeyDto })
  create(
    @Param('tenantId') tenantId: string,
    @Body() body: CreateApiKeyDto,
    @Req() request: FastifyRequest,
  ): Promise<NewApiKeyDto> {
    const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
    if (expiresAt && expiresAt <= new Date())
      throw new Problem('invalid_request', 'expires_at must be in the future.');
    const { key, prefix, hash } = newSecretKey(API_KEY_KIND);
    return this.changes.apply({
      action: 'api_key.create',
      target: `tenant ${tenantId}`,
      tenantId,
      request,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const row = await tx.apiKey.create({
          data: { tenantId, name: body.name ?? '', prefix, hash, expiresAt, scopes: body.scopes ?? [] },
        });
        return { before: null, after: keyView(row), answer: { ...keyView(row), key } };
      },
    });
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key; on every node at once' })
  @ApiNoContentResponse()
  async revoke(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.changes.apply({
      action: 'api_key.revoke',
      target: `API key ${id}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await tx.apiKey.findFirst({ where: { id, tenantId } });
        if (!before) throw new Problem('not_found', `The tenant has no API key ${id}.`);
        if (before.revokedAt) throw new Problem('conflict', `API key ${id} was revoked already.`);
        const row = await tx.apiKey.update({ where: { id }, data: { revokedAt: new Date() } });
        return { before: keyView(before), after: keyView(row), answer: undefined };
      },
    });
    await this.apiKeys.revoked();
  }
}

function keyView(row: Prisma.ApiKeyModel): ApiKeyDto {
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
