import { ApiProperty } from '@nestjs/swagger';

export class LiveDto {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

export class HealthCheckDto {
  @ApiProperty({ example: 'postgres' })
  name!: string;

  @ApiProperty({ enum: ['up', 'degraded', 'down'] })
  state!: 'up' | 'degraded' | 'down';

  @ApiProperty({ type: String, nullable: true, description: 'What is wrong and what to do about it' })
  detail!: string | null;
}

export class HealthDto {
  @ApiProperty({ enum: ['ok', 'degraded'], description: 'ok: every check is up' })
  status!: 'ok' | 'degraded';

  @ApiProperty({ enum: ['up', 'down'] })
  postgres!: 'up' | 'down';

  @ApiProperty({ enum: ['up', 'down'] })
  redis!: 'up' | 'down';

  @ApiProperty({ type: [HealthCheckDto], description: 'Everything that readiness is made of' })
  checks!: HealthCheckDto[];
}
