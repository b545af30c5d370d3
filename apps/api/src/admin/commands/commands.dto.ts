import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Integer } from '../../http/decimal.js';
import { IsTenantId } from '../../http/is-tenant-id.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { COMMAND_ACTIONS, COMMAND_STATES, type CommandAction } from './command.js';

type CommandState = (typeof COMMAND_STATES)[number];

export class CommandDto {
  @ApiProperty({ format: 'uuid' })
  command_id!: string;

  @ApiProperty({ enum: COMMAND_ACTIONS, example: 'queue.purge' })
  action!: CommandAction;

  @ApiProperty({ example: 'tenant tenant_test' })
  target!: string;

  @ApiProperty({ type: String, nullable: true, example: 'tenant_test', description: 'null: all tenants' })
  tenant_id!: string | null;

  @ApiProperty({
    enum: COMMAND_STATES,
    description: 'running: under way, or interrupted and to be resumed; the counts are what is done so far',
  })
  state!: CommandState;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is not, or only partly, done' })
  detail!: string | null;

  @ApiPropertyOptional({ type: 'integer', example: 40, description: 'Jobs that waited and will not run' })
  removed?: number;

  @ApiPropertyOptional({ type: 'integer', example: 2, description: 'Jobs that ran and were told to stop' })
  stopping?: number;

  @ApiPropertyOptional({ type: 'integer', example: 3, description: 'Dead jobs that wait again' })
  requeued?: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { waiting: 40, running: 2, dead: 0 },
    description: 'As it was read before the command began',
  })
  before!: unknown;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { waiting: 0, running: 2, dead: 0 },
    description: 'As it was read when the command had ended',
  })
  after!: unknown;

  @ApiProperty({ example: 'night-shift' })
  actor!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;
}

export class CommandsDto {
  @ApiProperty({ type: [CommandDto] })
  commands!: CommandDto[];
}

export class ListCommandsDto {
  @ApiPropertyOptional({ enum: COMMAND_STATES })
  @MayBeAbsent()
  @IsIn(COMMAND_STATES)
  state?: CommandState;

  @ApiPropertyOptional({ example: 'tenant_test' })
  @MayBeAbsent()
  @IsTenantId()
  tenant_id?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
