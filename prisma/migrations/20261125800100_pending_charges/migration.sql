-- What was done, and could not be charged at once: charged as soon as the quota answers, then deleted. Without a foreign
-- key: a tenant may be removed while its last charge is pending.
CREATE TABLE pending_charges (
  tenant_id text NOT NULL,
  operation_id text NOT NULL,
  -- Whole units by resource.
  cost jsonb NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  due_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, operation_id)
);
CREATE INDEX pending_charges_due ON pending_charges (due_at);
