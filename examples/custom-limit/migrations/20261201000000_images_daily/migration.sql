-- A limit of your own: images in a calendar day, UTC. A tier without a row here has no such limit.
SET LOCAL lock_timeout = '5s';

INSERT INTO "limit_definitions" ("id", "name", "resource", "kind", "period", "description")
SELECT max("id") + 1, 'images_daily', 'images', 'window', 'day', 'Images in a calendar day, UTC' FROM "limit_definitions";

INSERT INTO "tier_limits" ("tier_name", "limit_id", "value")
SELECT "tier", "id", "value" FROM "limit_definitions", (VALUES ('free', 2), ('pro', 50)) AS "given" ("tier", "value")
WHERE "name" = 'images_daily';
