import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayUnique, IsArray, IsIn, Matches } from 'class-validator';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { type Scope, SCOPES } from '../../tenancy/scopes.js';

export class CreateApiKeyDto {
  @ApiPropertyOptional({ example: 'production', default: '' })
  @MayBeAbsent()
  @Matches(/^(?:[\w.@-](?:[\w.@ -]{0,62}[\w.@-])?)?$/, {
    message: 'name must be at most 64 of letters, digits, space and . _ - @, with no space at its ends',
  })
  name?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: it does not end by itself' })
  @MayBeAbsent()
  @IsTimestamp()
  expires_at?: string;

  @ApiPropertyOptional({
    enum: SCOPES,
    isArray: true,
    description: 'storage:write: may report storage where STORAGE_REPORTERS=scoped. Default: none',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayUnique()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

export class ApiKeyDto {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'production' })
  name!: string;

  @ApiProperty({ example: 'fsk_1b9XQm2p', description: 'How the key begins, to recognize it by' })
  prefix!: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes!: string[];

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at!: string | null;
}

export class ApiKeysDto {
  @ApiProperty({ type: [ApiKeyDto] })
  keys!: ApiKeyDto[];
}

export class NewApiKeyDto extends ApiKeyDto {
  @ApiProperty({ example: 'fsk_1b9XQm2pYt…', description: 'The key itself: shown now and never again' })
  key!: string;
}
