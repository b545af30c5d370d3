import { fork } from 'node:child_process';
import { inProject } from '../../scripts/lib/paths.mjs';
import { SLOTS_OF_WORKERS } from './setting.mjs';

const WORKER = inProject('bench', 'scenarios', 'worker.mjs');

/** Starts the worker processes of a queue; `stop` ends them and gives all their runs: [[n, startMs, endMs or null]]. */
export async function startWorkers(url, name) {
  const workers = SLOTS_OF_WORKERS.map((slots) => fork(WORKER, [url, name, String(slots)]));
  try {
    await Promise.all(workers.map(nextMessage));
  } catch (error) {
    for (const worker of workers) worker.kill();
    throw error;
  }
  return {
    async stop() {
      const found = workers.map(async (worker) => {
        const gone = new Promise((resolve) => worker.once('exit', resolve));
        const runs = nextMessage(worker);
        worker.send('stop');
        await Promise.all([runs, gone]);
        return runs;
      });
      return (await Promise.all(found)).flat();
    },
  };
}

function nextMessage(worker) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`a worker process ended with ${code}`));
    worker.once('exit', onExit);
    worker.once('message', (message) => {
      worker.removeListener('exit', onExit);
      resolve(message);
    });
  });
}
