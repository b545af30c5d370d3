/**
 * Imports point one way: apps/api → libs/queue, libs/quota → libs/redis, libs/ids, libs/prisma; within apps/api a folder imports
 * only folders that stand above it in this list; never in a circle. Each rule is a row of ARCHITECTURE's code map.
 */
const FOLDERS = [
  ['config', 'It reads the environment, and imports no feature.'],
  ['signals', 'One subscription tells features of pushes; it knows none of them.'],
  ['problems', 'Features bring the rows of their errors; the table imports no feature.'],
  ['http', "The server's edge knows problems, and no feature."],
  ['identity', 'It knows what keys are, not whose they are.'],
  ['tenancy', 'It finds the tenant of a request, and knows no operator and no feature.'],
  ['operators', 'It finds the operator of a request; what operators do is in admin/.'],
  ['health', 'Features register their checks; the registry imports no feature.'],
  ['metrics', 'Features register their metrics; the registry imports no feature.'],
  ['executors', 'An executor asks an upstream; it knows no quota and no HTTP route of ours.'],
  ['retention', 'It deletes what is old, and is told how.'],
  ['usage', 'It records what was decided, whoever decided it.'],
  ['charges', 'It charges what was done, whoever did it.'],
  ['jobs', 'It keeps, admits and recovers jobs; it knows no route of queries.', ['jobs/events']],
  ['jobs/events', 'Followers of a job read the journal; the journal knows no follower.'],
  ['idempotency', 'It keeps answers, whatever was asked.'],
  ['quota', "A tenant's own quota; it knows no query and no operator."],
  ['query', 'It runs queries; it knows no operator.'],
  ['queue', 'It shows how lines stand; what operators do to them is in admin/.'],
  ['reconciliation', 'It compares where the truth is kept; whoever keeps it does not know it.'],
  ['admin/changes', 'Every change of an operator is made by it; it knows none of them.'],
  ['admin/commands', 'It does what acts outside PostgreSQL, and knows no route that orders it.'],
  ['admin', 'Operators change everything else; nothing imports it but the application.'],
  ['openapi', 'The contract is made of the controllers, by reflection.'],
];

const SRC = '^apps/api/src/';

const folderRules = FOLDERS.map(([folder, comment, children = []], at) => ({
  name: `${folder}-points-up`,
  comment,
  severity: 'error',
  from: { path: `${SRC}${folder}/`, pathNot: children.map((child) => `${SRC}${child}/`) },
  to: {
    path: SRC,
    pathNot: FOLDERS.slice(0, at + 1).map(([above]) => `${SRC}${above}/`),
  },
}));

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'libs-never-import-the-app',
      comment: 'The libraries stand on their own.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'queue-knows-no-quota',
      comment: 'libs/queue knows no quota: it asks JobAdmission.',
      severity: 'error',
      from: { path: '^libs/queue' },
      to: { path: '^libs/(quota|prisma)' },
    },
    {
      name: 'quota-knows-no-jobs',
      comment: 'libs/quota decides; what waits is not its business.',
      severity: 'error',
      from: { path: '^libs/quota' },
      to: { path: '^libs/queue' },
    },
    {
      name: 'redis-stands-alone',
      comment: 'libs/redis is a connection and a script loader.',
      severity: 'error',
      from: { path: '^libs/redis' },
      to: { path: '^libs/(quota|queue|prisma)' },
    },
    {
      name: 'prisma-stands-alone',
      comment: 'libs/prisma is the life of the clients.',
      severity: 'error',
      from: { path: '^libs/prisma' },
      to: { path: '^libs/(quota|queue|redis)' },
    },
    {
      name: 'client-stands-alone',
      comment: 'libs/client is made from the contract alone.',
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
    {
      name: 'examples-import-what-is-public',
      comment: 'An example is an application of somebody else: it imports fairshare/… and nothing behind it.',
      severity: 'error',
      from: { path: '^examples/' },
      to: {
        path: '^(apps|bench|libs|prisma|scripts|test)/',
        pathNot: '^(apps/api|libs/[^/]+)/src/index\\.ts$',
      },
    },
    {
      name: 'examples-are-not-imported',
      severity: 'error',
      from: { pathNot: '^examples/' },
      to: { path: '^examples/' },
    },
    ...folderRules,
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
