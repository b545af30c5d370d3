import { writeFileSync } from 'node:fs';
import { type HealthChecks, worstOf } from './health-checks.js';

const EVERY_MS = 5_000;

/**
 * Touches the file every 5 s while all that the process needs answers: how a process without a port says that it is well.
 * `node scripts/check-heartbeat.mjs FILE` tells whether the file is fresh. Ends with the process. Without a file: nothing.
 */
export function writeHeartbeats(checks: HealthChecks, file: string): void {
  if (!file) return;
  const beat = async () => {
    const reports = await checks.run();
    if (worstOf(reports) !== 'down') writeFileSync(file, `${new Date().toISOString()}\n`);
  };
  void beat();
  setInterval(() => void beat(), EVERY_MS).unref();
}
