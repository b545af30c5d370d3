import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Environment } from './config/environment.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Where NestJS tells of every module and every route as it boots: a hundred lines that hide the ones that matter. */
const BOOT_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

class ServiceLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (BOOT_CONTEXTS.has(String(rest.at(-1)))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/** The log of a process: what NestJS says of its own boot counts as debug; colours on a terminal only. */
export function createLogger({
  LOG_LEVEL,
  LOG_FORMAT,
}: Pick<Environment, 'LOG_LEVEL' | 'LOG_FORMAT'>): ConsoleLogger {
  return new ServiceLogger({
    json: LOG_FORMAT === 'json',
    colors: LOG_FORMAT === 'text' && process.stdout.isTTY === true,
    logLevels: LEVELS.slice(0, LEVELS.indexOf(LOG_LEVEL) + 1),
  });
}
