import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import { Problem } from '../../problems/problem.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { CommandRows } from './command-rows.js';
import { commandView } from './command-view.js';
import { CommandDto, CommandsDto, ListCommandsDto } from './commands.dto.js';

/** What operators asked for that acts outside the database, and what became of it. */
@AdminController('commands')
export class CommandsController {
  constructor(private readonly rows: CommandRows) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Pauses, purges, resets and the like, newest first, with what became of them' })
  @ApiOkResponse({ type: CommandsDto })
  async list(@Query() { state, tenant_id: tenantId, limit = 50 }: ListCommandsDto): Promise<CommandsDto> {
    return { commands: (await this.rows.list({ state, tenantId }, limit)).map(commandView) };
  }

  @NeedsRole('read')
  @Get(':id')
  @ApiOperation({ summary: 'One command: how far it is, or how it ended' })
  @ApiOkResponse({ type: CommandDto })
  async read(@Param('id') id: string): Promise<CommandDto> {
    const command = isUUID(id) ? await this.rows.find(id) : undefined;
    if (!command) throw new Problem('not_found', 'There is no command of this id.');
    return commandView(command);
  }
}
