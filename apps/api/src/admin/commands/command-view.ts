import type { Prisma } from 'fairshare/prisma';
import type { Command } from './command.js';
import type { CommandDto } from './commands.dto.js';

/** What a list shows. */
export const SHOWN_OF_COMMAND = {
  id: true,
  action: true,
  target: true,
  tenantId: true,
  state: true,
  progress: true,
  detail: true,
  before: true,
  after: true,
  actor: true,
  createdAt: true,
  finishedAt: true,
} as const satisfies Prisma.AdminCommandSelect;

export type ShownCommand = Pick<Command, keyof typeof SHOWN_OF_COMMAND>;

export function commandView(command: ShownCommand): CommandDto {
  const { id, action, target, tenantId, state, progress, before, after, actor, createdAt, finishedAt } =
    command;
  const { cursor: _, full: __, ...counts } = progress;
  return {
    command_id: id,
    action,
    target,
    tenant_id: tenantId,
    state,
    detail: command.detail ?? (state === 'running' ? UNDER_WAY : null),
    ...NOTHING_YET[action],
    ...counts,
    before,
    after,
    actor,
    created_at: createdAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
  };
}

const UNDER_WAY =
  'It is under way or was interrupted: the counts are what is done so far. It goes on by itself; ask again at /admin/commands/{command_id}.';

const NOTHING_YET: Readonly<Record<Command['action'], object>> = {
  'queue.purge': { removed: 0, stopping: 0 },
  'queue.requeue': { requeued: 0 },
  'tenant.clear': { removed: 0, stopping: 0 },
  'queue.pause': {},
  'queue.resume': {},
  'quota.reset': {},
  'storage.report': {},
};
