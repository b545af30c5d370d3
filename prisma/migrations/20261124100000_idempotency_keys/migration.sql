-- What a request with an Idempotency-Key came to, so that its repeat gets the same answer.
-- status null = under way until locked_until; past it a repeat takes the request over.
CREATE TABLE "idempotency_keys" (
  "tenant_id" TEXT NOT NULL REFERENCES "tenants" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "key_hash" TEXT NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "operation_id" UUID NOT NULL,
  "owner" UUID NOT NULL,
  "locked_until" TIMESTAMPTZ(3) NOT NULL,
  "status" SMALLINT,
  "headers" JSONB,
  "body" JSONB,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("tenant_id", "key_hash")
);

CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys" ("expires_at");
