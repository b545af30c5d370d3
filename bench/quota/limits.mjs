const define = (id, name, resource, kind, period) => ({ id, name, resource, kind, period });

/** Five windows on three resources: what one query meets. */
export const FIVE = [
  define(1, 'queries_hourly', 'queries', 'window', 'hour'),
  define(2, 'queries_daily', 'queries', 'window', 'day'),
  define(3, 'queries_monthly', 'queries', 'window', 'month'),
  define(4, 'tokens_daily', 'tokens', 'window', 'day'),
  define(6, 'cost_units_daily', 'cost_units', 'window', 'day'),
];
export const ONE = FIVE.slice(0, 1);
/** Every limit of the default tiers. */
export const EIGHT = [
  ...FIVE,
  define(5, 'tokens_monthly', 'tokens', 'window', 'month'),
  define(7, 'storage_bytes', 'storage_bytes', 'level'),
  define(8, 'concurrent_queries', 'concurrent_queries', 'concurrency'),
];

/** Limits of tenants, in memory: the cost of PostgreSQL is not what is measured. `valueOf(name, tenantId)`. */
export function limitSource(definitions, valueOf) {
  return {
    catalogue: async () => EIGHT,
    async load(tenantId) {
      return {
        tenantId,
        tier: 'bench',
        status: 'active',
        weight: 1,
        queueDepth: 1,
        overflow: 'reject',
        version: 1,
        tierLimits: definitions.map((definition) => ({
          definition,
          value: valueOf(definition.name, tenantId),
        })),
        overrides: [],
      };
    },
  };
}
