import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

const OTHER_DATABASES = /^query_compiler_\w+\.(cockroachdb|mysql|sqlite|sqlserver)\./;
/** The client is generated with the fast compiler; the small one is for places that have little memory. */
const OTHER_COMPILERS = /^(query_compiler_small_bg|wasm-compiler-edge)\./;
const FOR_TOOLS = /(\.d\.[cm]?ts|\.map)$/;
const RUNTIME = join('@prisma', 'client', 'runtime');
const FOR_DEVELOPMENT = ['jest', 'prisma', 'eslint'];

/** The files below a node_modules folder that production never loads, as whole paths. */
export function unusedFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isUnused(entry.parentPath ?? entry.path, entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** The packages of development that a node_modules folder has: a production install has none. */
export function developmentPackages(folder) {
  return FOR_DEVELOPMENT.filter((name) => existsSync(join(folder, name)));
}

function isUnused(folder, name) {
  if (FOR_TOOLS.test(name)) return true;
  return folder.endsWith(sep + RUNTIME) && (OTHER_DATABASES.test(name) || OTHER_COMPILERS.test(name));
}
