-- Tenant ids have one form: the rule of libs/ids, which says why. What is there already:
--
--   has another form, which nobody else has or would get    it gets that form            ' x ' -> 'x', NFD -> NFC
--   has none, or a form that is another tenant's            it is renamed                '*'   -> 'renamed-3389dae361af79b0'
--
-- No two tenants become one. Rows follow by ON UPDATE CASCADE, so API keys work as before; the audit log names the old and
-- the new id of each as `tenant.id_migrated`. What Redis keeps under an old id stays there: counters begin at zero under
-- the new one, and a job that waits under an id that is none now ends as dead. Let these tenants' lines run empty first.
SET LOCAL lock_timeout = '5s';

-- One function, calling none of ours: a restore runs it with an empty search_path.
CREATE FUNCTION is_canonical_tenant_id(given TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT char_length(given) BETWEEN 1 AND 128
    AND given = normalize(btrim(given, ' '), NFC)
    AND given NOT IN ('.', '..', '*')
    -- Controls, formats, fillers, variation selectors, other blanks, private use: what nobody sees.
    AND given !~ ('[\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u115f-\u1160\u1680'
      '\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0'
      '\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
      '\U000e0000-\U000e0fff\U000f0000-\U000ffffd\U00100000-\U0010fffd]')
$$;

CREATE TEMPORARY TABLE "renamed_tenants" ON COMMIT DROP AS
SELECT "id" AS "old_id",
  CASE WHEN is_canonical_tenant_id("form") AND "alike" = 1 THEN "form"
    ELSE 'renamed-' || left(md5("id"), 16) END AS "new_id"
FROM (
  SELECT "id", "form", count(*) OVER (PARTITION BY "form") AS "alike"
  FROM (SELECT "id", normalize(btrim("id", ' '), NFC) AS "form" FROM "tenants") AS "ids"
) AS "forms"
WHERE NOT is_canonical_tenant_id("id");

INSERT INTO "audit_log" ("actor", "role", "address", "request_id", "action", "target", "tenant_id", "before", "after")
SELECT '(migration)', 'administer', '', '20261125200100_canonical_ids', 'tenant.id_migrated', 'tenant ' || "new_id", "new_id",
  jsonb_build_object('id', "old_id"), jsonb_build_object('id', "new_id")
FROM "renamed_tenants";

UPDATE "tenants" SET "id" = "new_id" FROM "renamed_tenants" WHERE "id" = "old_id";

ALTER TABLE "tenants" DROP CONSTRAINT "tenants_id_length",
  ADD CONSTRAINT "tenants_id_form" CHECK (is_canonical_tenant_id("id"));

-- Names of operators' keys stand in the audit log: none reads like another one, or like ours (`root`). Of names that
-- differ in case or outer blanks only, the oldest keeps its own; the others get the number of their key behind it.
INSERT INTO "audit_log" ("actor", "role", "address", "request_id", "action", "target", "before", "after")
SELECT '(migration)', 'administer', '', '20261125200100_canonical_ids', 'admin_key.name_migrated', 'admin key ' || "id",
  jsonb_build_object('name', "name"),
  jsonb_build_object('name',
    CASE WHEN "is_taken" THEN btrim(left(btrim("name", ' '), 40)) || '-key-' || "id" ELSE btrim("name", ' ') END)
FROM (
  SELECT "id", "name", lower(btrim("name", ' ')) IN ('', 'root')
    OR row_number() OVER (PARTITION BY lower(btrim("name", ' ')) ORDER BY "id") > 1 AS "is_taken"
  FROM "admin_keys"
) AS "names"
WHERE "is_taken" OR "name" <> btrim("name", ' ');

UPDATE "admin_keys" SET "name" = "made"."after" ->> 'name'
FROM "audit_log" AS "made"
WHERE "made"."action" = 'admin_key.name_migrated' AND "made"."request_id" = '20261125200100_canonical_ids'
  AND "made"."target" = 'admin key ' || "admin_keys"."id";

CREATE UNIQUE INDEX "admin_keys_name_in_any_case" ON "admin_keys" (lower("name"));
ALTER TABLE "admin_keys" ADD CONSTRAINT "admin_keys_name_form"
  CHECK ("name" ~ '^[A-Za-z0-9_.@-]([A-Za-z0-9_.@ -]{0,62}[A-Za-z0-9_.@-])?$' AND lower("name") <> 'root') NOT VALID;
