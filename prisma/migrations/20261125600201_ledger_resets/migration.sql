-- Within a window a use never moves backwards, except by an operator's reset, whose time is kept.
SET LOCAL lock_timeout = '5s';
ALTER TABLE usage_ledger ADD COLUMN reset_at TIMESTAMPTZ(3) NOT NULL DEFAULT to_timestamp(0);
