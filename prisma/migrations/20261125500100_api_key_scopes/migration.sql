-- What a tenant's API key may do beyond asking; no key had any before.
ALTER TABLE "api_keys" ADD COLUMN "scopes" TEXT[] NOT NULL DEFAULT '{}';
