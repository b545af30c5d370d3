// Ends with 0 where the file that a worker touches (WORKER_HEARTBEAT_FILE) is fresh: the health check of containers.
import { statSync } from 'node:fs';

/** A worker touches it every 5 s. */
const STALE_MS = 20_000;

const [file = ''] = process.argv.slice(2);
const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
process.exitCode = Date.now() - touched < STALE_MS ? 0 : 1;
