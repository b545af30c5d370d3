import { defineConfig } from 'prisma/config';

// `generate` works with WebAssembly alone, yet the CLI downloads a native schema engine unless told of one.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/unused-by-generate' },
});
