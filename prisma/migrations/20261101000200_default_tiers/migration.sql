-- The limits, tiers and model weights that every installation starts with.

INSERT INTO "limit_definitions" ("id", "name", "resource", "kind", "period", "description") VALUES
  (1, 'queries_hourly',     'queries',       'window',      'hour',  'Queries in a calendar hour, UTC'),
  (2, 'queries_daily',      'queries',       'window',      'day',   'Queries in a calendar day, UTC'),
  (3, 'queries_monthly',    'queries',       'window',      'month', 'Queries in a calendar month, UTC'),
  (4, 'tokens_daily',       'tokens',        'window',      'day',   'Prompt and completion tokens in a calendar day, UTC'),
  (5, 'tokens_monthly',     'tokens',        'window',      'month', 'Prompt and completion tokens in a calendar month, UTC'),
  (6, 'cost_units_daily',   'cost_units',    'window',      'day',   'Weight of queries by model and size in a calendar day, UTC'),
  (7, 'storage_bytes',      'storage_bytes', 'level',       NULL,    'Bytes stored'),
  (8, 'concurrent_queries', 'queries',       'concurrency', NULL,    'Queries running at once');

INSERT INTO "tiers" ("name", "weight", "queue_depth", "overflow") VALUES
  ('free',       1, 100,  'queue'),
  ('pro',        2, 100,  'queue'),
  ('enterprise', 4, 1000, 'queue');

INSERT INTO "tier_limits" ("tier_name", "limit_id", "value") VALUES
  ('free', 1, 100),        ('pro', 1, 1000),         ('enterprise', 1, 10000),
  ('free', 2, 1000),       ('pro', 2, 10000),        ('enterprise', 2, 100000),
  ('free', 3, 10000),      ('pro', 3, 150000),       ('enterprise', 3, 2000000),
  ('free', 4, 100000),     ('pro', 4, 2000000),      ('enterprise', 4, 50000000),
  ('free', 5, 1000000),    ('pro', 5, 40000000),     ('enterprise', 5, 1000000000),
  ('free', 6, 2000),       ('pro', 6, 50000),        ('enterprise', 6, 1000000),
  ('free', 7, 1073741824), ('pro', 7, 53687091200),  ('enterprise', 7, 1099511627776),
  ('free', 8, 50),         ('pro', 8, 100),          ('enterprise', 8, 500);

-- `*` weighs every model that has no row of its own.
INSERT INTO "models" ("name", "context_window", "input_micro_units_per_token", "output_micro_units_per_token", "minimum_units") VALUES
  ('*',             8192,   2000,  6000, 2),
  ('gpt-3.5-turbo', 16385,   500,  1500, 1),
  ('gpt-4',         8192,   6000, 12000, 5),
  ('gpt-4-32k',     32768, 12000, 24000, 10),
  ('gpt-4-turbo',   128000, 2000,  6000, 3),
  ('gpt-4o',        128000,  500,  2000, 1),
  ('gpt-4o-mini',   128000,   50,   200, 1);
