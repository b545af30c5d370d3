-- What the tables may never hold, and the versions that order every reading of the configuration.

ALTER TABLE "limit_definitions"
  ADD CONSTRAINT "limit_definitions_id_fits_packed_state" CHECK ("id" BETWEEN 1 AND 255),
  ADD CONSTRAINT "limit_definitions_name_form" CHECK ("name" ~ '^[a-z][a-z0-9_]{0,62}$'),
  ADD CONSTRAINT "limit_definitions_resource_form" CHECK ("resource" ~ '^[a-z][a-z0-9_]{0,62}$'),
  ADD CONSTRAINT "limit_definitions_period_by_kind" CHECK (("kind" IN ('window', 'bucket')) = ("period" IS NOT NULL));

ALTER TABLE "tiers"
  ADD CONSTRAINT "tiers_name_form" CHECK ("name" ~ '^[a-z][a-z0-9_-]{0,62}$'),
  ADD CONSTRAINT "tiers_weight_range" CHECK ("weight" BETWEEN 1 AND 1000),
  ADD CONSTRAINT "tiers_queue_depth_range" CHECK ("queue_depth" BETWEEN 0 AND 1000000);

ALTER TABLE "tier_limits"
  ADD CONSTRAINT "tier_limits_value_range" CHECK ("value" BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT "tier_limits_burst_range" CHECK ("burst" BETWEEN 1 AND 9007199254740991);

ALTER TABLE "tenants"
  ADD CONSTRAINT "tenants_id_length" CHECK (char_length("id") BETWEEN 1 AND 128),
  ADD CONSTRAINT "tenants_weight_range" CHECK ("weight" BETWEEN 1 AND 1000);

ALTER TABLE "overrides"
  ADD CONSTRAINT "overrides_value_range" CHECK ("value" BETWEEN 0 AND 9007199254740991),
  ADD CONSTRAINT "overrides_burst_range" CHECK ("burst" BETWEEN 1 AND 9007199254740991),
  ADD CONSTRAINT "overrides_end_after_start" CHECK ("expires_at" > "starts_at");

ALTER TABLE "models"
  ADD CONSTRAINT "models_weights_range" CHECK (
    "context_window" > 0 AND "input_micro_units_per_token" >= 0 AND "output_micro_units_per_token" >= 0 AND "minimum_units" >= 1
  );

-- Every change of a tenant's or a tier's effective limits draws a new, greater version.
CREATE SEQUENCE "config_version";

CREATE FUNCTION draw_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := nextval('config_version');
  RETURN NEW;
END $$;

CREATE TRIGGER "tiers_version" BEFORE INSERT OR UPDATE ON "tiers" FOR EACH ROW EXECUTE FUNCTION draw_config_version();
CREATE TRIGGER "tenants_version" BEFORE INSERT OR UPDATE ON "tenants" FOR EACH ROW EXECUTE FUNCTION draw_config_version();

CREATE FUNCTION touch_tier_of_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN UPDATE "tiers" SET "version" = 0 WHERE "name" = OLD.tier_name; END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.tier_name <> OLD.tier_name) THEN
    UPDATE "tiers" SET "version" = 0 WHERE "name" = NEW.tier_name;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "tier_limits_touch_tier" AFTER INSERT OR UPDATE OR DELETE ON "tier_limits"
  FOR EACH ROW EXECUTE FUNCTION touch_tier_of_limit();

CREATE FUNCTION touch_tenant_of_override() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE "tenants" SET "version" = 0 WHERE "id" = OLD.tenant_id;
  ELSE
    UPDATE "tenants" SET "version" = 0 WHERE "id" = NEW.tenant_id;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "overrides_touch_tenant" AFTER INSERT OR UPDATE OR DELETE ON "overrides"
  FOR EACH ROW EXECUTE FUNCTION touch_tenant_of_override();

CREATE FUNCTION touch_every_tier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "tiers" SET "version" = 0;
  RETURN NULL;
END $$;

CREATE TRIGGER "limit_definitions_touch_tiers" AFTER UPDATE ON "limit_definitions"
  FOR EACH STATEMENT EXECUTE FUNCTION touch_every_tier();

-- The audit log is append-only.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only';
END $$;

CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
