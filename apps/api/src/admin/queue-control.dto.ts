import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, IsUUID, Length } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent.js';

export class OneOrAllDto {
  @ApiPropertyOptional({ example: 'tenant_test', description: 'Default: all tenants' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 128)
  tenant_id?: string;
}

export class PurgeDto {
  @ApiProperty({ example: 'tenant_test', description: 'Whose line; * for everybody’s' })
  @IsString()
  @Length(1, 128)
  tenant_id!: string;
}

export class RequeueDto extends OneOrAllDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only this job. Default: every dead one' })
  @MayBeAbsent()
  @IsUUID()
  job_id?: string;
}

export class PausedDto {
  @ApiProperty({ type: String, nullable: true, example: 'tenant_test', description: 'null: all tenants' })
  tenant_id!: string | null;

  @ApiProperty()
  paused!: boolean;
}

export class PurgedDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ type: 'integer', example: 40 })
  removed!: number;
}

export class RequeuedDto {
  @ApiProperty({ type: String, nullable: true, example: 'tenant_test', description: 'null: all tenants' })
  tenant_id!: string | null;

  @ApiProperty({
    type: 'integer',
    example: 3,
    description: 'What fits within the bounds; the rest stays dead',
  })
  requeued!: number;
}
