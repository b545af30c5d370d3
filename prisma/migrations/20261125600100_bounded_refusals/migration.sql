-- Requests that spend no quota have a limit by tier; rows of ended jobs and of the audit log have an end.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "tiers"
  ADD COLUMN "free_requests_per_minute" INTEGER NOT NULL DEFAULT 6000,
  ADD CONSTRAINT "tiers_free_requests_range" CHECK ("free_requests_per_minute" BETWEEN 2 AND 1000000000);
UPDATE "tiers" SET "free_requests_per_minute" = 12000 WHERE "name" = 'pro';
UPDATE "tiers" SET "free_requests_per_minute" = 60000 WHERE "name" = 'enterprise';

UPDATE "jobs" SET "finished_at" = "created_at"
WHERE "finished_at" IS NULL AND "state" IN ('succeeded', 'dead', 'cancelled', 'expired');
CREATE INDEX "jobs_tenant_id_finished_at_idx" ON "jobs" ("tenant_id", "finished_at");
CREATE INDEX "jobs_finished_at_idx" ON "jobs" ("finished_at");
CREATE INDEX "audit_log_at_idx" ON "audit_log" ("at");

-- The one way in which rows leave the audit log: old ones, in batches, and never those of the last 90 days. It runs as the
-- owner of the table, so that who calls it needs no right to delete.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('fairshare.prunes_audit', true) = 'on'
    AND current_user = (SELECT tableowner FROM pg_catalog.pg_tables WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
  THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'audit_log is append-only';
END $$;

CREATE FUNCTION prune_audit(older_than TIMESTAMPTZ, most_rows INTEGER) RETURNS INTEGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  pruned INTEGER;
BEGIN
  PERFORM set_config('fairshare.prunes_audit', 'on', true);
  DELETE FROM audit_log WHERE id IN (
    SELECT id FROM audit_log WHERE at < LEAST(older_than, now() - interval '90 days') ORDER BY at LIMIT most_rows
  );
  GET DIAGNOSTICS pruned = ROW_COUNT;
  PERFORM set_config('fairshare.prunes_audit', 'off', true);
  RETURN pruned;
END $$;

-- scripts/migrate.mjs lets the role that serves run it.
REVOKE EXECUTE ON FUNCTION prune_audit(TIMESTAMPTZ, INTEGER) FROM PUBLIC;
