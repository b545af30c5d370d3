import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsUUID } from 'class-validator';
import { canonicalJobId } from 'fairshare/ids';
import { IsTenantId } from '../../http/is-tenant-id.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { Problem } from '../../problems/problem.js';

/** Whose line: exactly one of the two. A name never means everybody: a tenant may be named as it likes. */
export class OneOrAllDto {
  @ApiPropertyOptional({ example: 'tenant_test', description: 'This tenant. Either this or all' })
  @MayBeAbsent()
  @IsTenantId()
  tenant_id?: string;

  @ApiPropertyOptional({ type: Boolean, enum: [true], description: 'Every tenant. Either this or tenant_id' })
  @MayBeAbsent()
  @IsIn([true])
  all?: true;
}

export class RequeueDto extends OneOrAllDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only this job; tenant_id may name its tenant' })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => canonicalJobId(value) ?? value)
  @IsUUID()
  job_id?: string;
}

/** The tenant, or null for all. */
export function whoseLine({ tenant_id: tenantId, all }: OneOrAllDto): string | null {
  if ((tenantId === undefined) === (all === undefined)) {
    throw new Problem('invalid_request', 'Send either tenant_id or "all": true.');
  }
  return tenantId ?? null;
}

/** Dead jobs to bring back: one, or those of whose line. */
export function whichDead(body: RequeueDto): { tenantId: string | null; args?: { job_id: string } } {
  const { job_id, tenant_id, all } = body;
  if (job_id === undefined) return { tenantId: whoseLine(body) };
  if (all) throw new Problem('invalid_request', 'Send either job_id or "all": true.');
  return { tenantId: tenant_id ?? null, args: { job_id } };
}
