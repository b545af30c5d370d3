-- What an operator asked for that acts outside PostgreSQL: noted before it begins, so that it is resumed or reported.
CREATE TYPE "command_state" AS ENUM ('running', 'done', 'partly_done', 'not_done');

CREATE TABLE "admin_commands" (
  "id" UUID NOT NULL,
  "action" TEXT NOT NULL,
  "target" TEXT NOT NULL,
  "tenant_id" TEXT,
  "args" JSONB NOT NULL DEFAULT '{}',
  "state" "command_state" NOT NULL DEFAULT 'running',
  "progress" JSONB NOT NULL DEFAULT '{}',
  "detail" TEXT,
  "before" JSONB,
  "after" JSONB,
  "actor" TEXT NOT NULL,
  "role" "admin_role" NOT NULL,
  "address" TEXT NOT NULL,
  "request_id" TEXT NOT NULL,
  "owner" UUID NOT NULL,
  "lease_until" TIMESTAMPTZ(3) NOT NULL DEFAULT (now() + interval '30 s'),
  "attempts" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "admin_commands_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "admin_commands_finished_once" CHECK (("state" = 'running') = ("finished_at" IS NULL))
);

-- The few that are under way, for whoever looks for one that was left.
CREATE INDEX "admin_commands_running_idx" ON "admin_commands" ("lease_until") WHERE "state" = 'running';
CREATE INDEX "admin_commands_created_at_idx" ON "admin_commands" ("created_at");
