-- Journal, queue, counters and ledger are compared by one node at a time; pauses are kept; a row says whether its client
-- has been told.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "jobs" ADD COLUMN "accepting" BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX "jobs_accepting_idx" ON "jobs" ("created_at") WHERE "accepting";

CREATE TABLE "queue_pauses" (
  -- '': all tenants; else the id of one, which is never empty.
  "tenant_id" TEXT NOT NULL PRIMARY KEY,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
INSERT INTO "queue_pauses" ("tenant_id", "created_at")
SELECT coalesce("tenant_id", ''), "created_at" FROM (
  SELECT DISTINCT ON ("tenant_id") "tenant_id", "action", "created_at" FROM "admin_commands"
  WHERE "action" IN ('queue.pause', 'queue.resume') AND "state" IN ('done', 'partly_done')
  ORDER BY "tenant_id", "created_at" DESC
) AS last WHERE "action" = 'queue.pause';

CREATE TABLE "reconciler" (
  "id" INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK ("id" = 1),
  "owner" UUID,
  "lease_until" TIMESTAMPTZ(3) NOT NULL DEFAULT to_timestamp(0),
  "finished_at" TIMESTAMPTZ(3) NOT NULL DEFAULT to_timestamp(0),
  -- Which memory of Redis was last seen, and since when it is known to have lost nothing.
  "memory" TEXT NOT NULL DEFAULT '',
  "memory_since" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
INSERT INTO "reconciler" DEFAULT VALUES;
