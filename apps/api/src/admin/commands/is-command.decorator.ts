import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import { MayBeDryRun } from '../changes/dry-run.js';
import { CommandDto } from './commands.dto.js';

/** The route answers by `Commands.answer`. */
export function IsCommand(): MethodDecorator {
  return applyDecorators(
    MayBeDryRun(),
    ApiOkResponse({ type: CommandDto, description: 'What was done; state says whether wholly' }),
    ApiResponse({
      status: 202,
      type: CommandDto,
      description: 'Under way or interrupted: the counts are what is done so far, and it goes on by itself',
    }),
  );
}
