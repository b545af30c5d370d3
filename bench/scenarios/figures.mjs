import { SLOTS_OF_WORKERS } from './setting.mjs';

/** A timer, a call and a wake-up, in the seconds of the machine. */
const OVERHEAD_S = 0.01;

/**
 * The figures that a scenario is about, each as the simulation has it and as it really was, and how far concurrency may
 * put the two apart: [{title, digits, simulated: {fifo, fair}, real: {fifo, fair}, apart, agrees}].
 */
export function figuresOf({ measure, light }, { simulated, real, largestCost }, compression) {
  const both = (figure) => compare(figure, simulated, real);
  if (measure === 'gap') {
    // A job of either client may have started on the other side of a tick.
    return [both({ title: 'gap', of: ({ gap }) => [gap], apart: () => 2 * largestCost })];
  }
  if (measure === 'rates') {
    return [both({ title: 'units/s', of: ({ rates }) => rates, apart: (rate) => 0.1 * rate })];
  }
  const of = (values) => light.map((client) => values[client]);
  const bunched = Math.max(0, real.fair.nextStartS - simulated.fair.nextStartS);
  return [
    both({
      title: 'light clients wait, turns',
      digits: 1,
      of: ({ turns }) => of(turns),
      // What each process has claimed starts in its own time.
      apart: () => SLOTS_OF_WORKERS.length,
    }),
    both({
      title: 'light clients wait, s',
      digits: 2,
      of: ({ waits }) => of(waits),
      // On top, the ends of jobs of one length draw together, and so each waits longer for the next.
      apart: () => OVERHEAD_S * compression + bunched,
    }),
  ];
}

function compare({ title, digits = 0, of, apart }, simulated, real) {
  const [expected, found] = [of(simulated.fair), of(real.fair)];
  const allowed = expected.map(apart);
  return {
    title,
    digits,
    simulated: { fifo: of(simulated.fifo), fair: expected },
    real: { fifo: of(real.fifo), fair: found },
    apart: allowed,
    agrees: found.every((value, index) => Math.abs(value - expected[index]) <= allowed[index]),
  };
}
