-- A true cost above its hold is clamped at the limit; what lies beyond it is kept, so that counter + overrun is the truth.
ALTER TABLE usage_ledger ADD COLUMN overrun BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_history ADD COLUMN overrun BIGINT NOT NULL DEFAULT 0;
CREATE INDEX usage_ledger_overrun_idx ON usage_ledger (tenant_id) WHERE overrun > 0;
