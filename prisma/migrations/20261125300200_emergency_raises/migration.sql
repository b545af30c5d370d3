-- An emergency change holds whatever else is planned for its limit, and there is one for each tenant and limit.
ALTER TABLE "overrides" ADD COLUMN "emergency" BOOLEAN NOT NULL DEFAULT false;

-- Those made until now are known by their audit rows.
UPDATE "overrides" SET "emergency" = true
WHERE "id" IN (
  SELECT (made ->> 'id')::int
  FROM "audit_log", jsonb_array_elements(
    CASE WHEN jsonb_typeof("after" -> 'overrides') = 'array' THEN "after" -> 'overrides' ELSE '[]'::jsonb END
  ) AS made
  WHERE "action" = 'quota.update'
);

-- Where they stack up, the last one is in force now; it replaces the others.
UPDATE "overrides" AS earlier SET "revoked_at" = now(), "version" = earlier."version" + 1
WHERE earlier."emergency" AND earlier."revoked_at" IS NULL
  AND (earlier."expires_at" IS NULL OR earlier."expires_at" > now())
  AND EXISTS (
    SELECT 1 FROM "overrides" AS later
    WHERE later."tenant_id" = earlier."tenant_id" AND later."limit_id" = earlier."limit_id"
      AND later."emergency" AND later."revoked_at" IS NULL
      AND (later."expires_at" IS NULL OR later."expires_at" > now())
      AND (later."starts_at", later."id") > (earlier."starts_at", earlier."id")
  );
