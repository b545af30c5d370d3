import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { ADMIN_ROLES, type AdminRole } from '../../operators/admin-role.js';

export class CreateAdminKeyDto {
  @ApiProperty({ example: 'night-shift', description: 'Shown in the audit log; never used twice' })
  @Matches(/^[\w.@-](?:[\w.@ -]{0,62}[\w.@-])?$/, {
    message: 'name must be 1 to 64 of letters, digits, space and . _ - @, with no space at its ends',
  })
  name!: string;

  @ApiProperty({ enum: ADMIN_ROLES, description: 'Each role may do what the ones before it may' })
  @IsIn(ADMIN_ROLES)
  role!: AdminRole;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: it does not end by itself' })
  @MayBeAbsent()
  @IsTimestamp()
  expires_at?: string;
}

export class AdminKeyDto {
  @ApiProperty({ type: 'integer', example: 3 })
  id!: number;

  @ApiProperty({ example: 'night-shift' })
  name!: string;

  @ApiProperty({ enum: ADMIN_ROLES })
  role!: AdminRole;

  @ApiProperty({ example: 'fsa_Zk3v0c9Q', description: 'How the key begins, to recognize it by' })
  prefix!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at!: string | null;
}

export class AdminKeysDto {
  @ApiProperty({ type: [AdminKeyDto] })
  keys!: AdminKeyDto[];
}

export class NewAdminKeyDto extends AdminKeyDto {
  @ApiProperty({ example: 'fsa_Zk3v0c9QwJx…', description: 'The key itself: shown now and never again' })
  key!: string;
}
