/** Imports point one way: apps/api → libs/queue, libs/quota → libs/redis, libs/ids, libs/prisma; and never in a circle. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'libs-never-import-the-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'queue-knows-no-quota',
      severity: 'error',
      from: { path: '^libs/queue' },
      to: { path: '^libs/(quota|prisma)' },
    },
    {
      name: 'quota-knows-no-jobs',
      severity: 'error',
      from: { path: '^libs/quota' },
      to: { path: '^libs/queue' },
    },
    {
      name: 'redis-stands-alone',
      severity: 'error',
      from: { path: '^libs/redis' },
      to: { path: '^libs/(quota|queue|prisma)' },
    },
    {
      name: 'prisma-stands-alone',
      severity: 'error',
      from: { path: '^libs/prisma' },
      to: { path: '^libs/(quota|queue|redis)' },
    },
    {
      name: 'client-stands-alone',
      severity: 'error',
      from: { path: '^libs/client' },
      to: { path: '^(apps|libs/(quota|queue|redis|prisma|ids))' },
    },
    {
      name: 'ids-stand-alone',
      severity: 'error',
      from: { path: '^libs/ids' },
      to: { path: '^(apps|libs/(quota|queue|redis|prisma|client))' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^dist|generated/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.imports.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
