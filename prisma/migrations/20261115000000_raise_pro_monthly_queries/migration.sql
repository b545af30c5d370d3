-- How a tier change ships: one statement on the tier's row. Running processes pick it up within QUOTA_CACHE_TTL_MS
-- (60 s by default); nothing is restarted and no counter moves.
SET LOCAL lock_timeout = '5s';

UPDATE "tier_limits" SET "value" = 200000
WHERE "tier_name" = 'pro' AND "limit_id" = (SELECT "id" FROM "limit_definitions" WHERE "name" = 'queries_monthly');
