-- The audit log stays append-only for replication and for whoever sets session_replication_role, too: an ordinary
-- trigger does not fire for them.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "audit_log" ENABLE ALWAYS TRIGGER "audit_log_append_only";
