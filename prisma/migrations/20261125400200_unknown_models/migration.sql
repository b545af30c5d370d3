-- Models that queries asked for and no row weighs: operators see each once, with its count.
CREATE TABLE unknown_models (
  name TEXT PRIMARY KEY,
  count BIGINT NOT NULL,
  first_seen_at TIMESTAMPTZ(3) NOT NULL,
  last_seen_at TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX unknown_models_last_seen_at_idx ON unknown_models (last_seen_at);
