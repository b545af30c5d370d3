const SLOW_MS = 1_000;
let progress = process.stdout;

/** Steps are told there from now on, so that standard output is the result alone. Default: standard output. */
export function tellStepsOn(stream) {
  progress = stream;
}

/** One line to standard output. */
export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/** Runs `work`; a step that turns out slow says what it does, and at the end how long it took. */
export async function step(label, work) {
  const startedAt = performance.now();
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    progress.write(`… ${label}\n`);
  }, SLOW_MS);
  try {
    const result = await work();
    if (announced) progress.write(`✓ ${label} (${seconds(performance.now() - startedAt)})\n`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** 1234.5 → `1.2 s`. */
export function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** An error that its reader can act on: printed without a stack. */
export class Advice extends Error {}

/** Prints what went wrong: advice as it is, anything else with its stack. */
export function complain(error) {
  process.stderr.write(`${error instanceof Advice ? error.message : (error?.stack ?? error)}\n`);
}
