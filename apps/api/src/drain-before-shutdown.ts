import { type INestApplication, Logger } from '@nestjs/common';
import { Draining } from './health/draining.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * On a signal readiness says 503 first, and requests are served for `seconds` more, so that a load balancer finds out before
 * the listener closes. Then the application shuts down as the signal demands. The same signal again ends the process at once.
 */
export function drainBeforeShutdown(app: INestApplication, seconds: number): void {
  if (seconds === 0) return void app.enableShutdownHooks();
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      new Logger('Fairshare').log(`${signal}: serving for ${seconds} s more, not ready any more`);
      app.get(Draining).begin();
      setTimeout(() => {
        app.enableShutdownHooks();
        process.kill(process.pid, signal);
      }, seconds * 1_000).unref();
    });
  }
}
