/**
 * Closed loop: keeps `inFlight` calls under way for a time. Gives calls per second.
 * `call(n)` gets the number of the call and gives a promise; a rejection ends the run.
 */
export async function callsPerSecond(call, { ms, inFlight = 256 }) {
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  let calls = 0;
  const work = async () => {
    while (performance.now() < endsAt) await call(calls++);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return (calls / (performance.now() - startedAt)) * 1_000;
}

/**
 * Open loop: calls come at a fixed rate whatever the answers do, and each is timed from when it was due, so that a
 * stall is seen by all that came in it. Gives the latencies in ms.
 */
export async function latenciesAt(rate, call, { ms }) {
  const latencies = [];
  const pending = [];
  const startedAt = performance.now();
  const total = Math.floor((rate * ms) / 1_000);
  let sent = 0;
  await new Promise((resolve) => {
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) * rate) / 1_000));
      for (; sent < due; sent++) {
        const dueAt = startedAt + (sent / rate) * 1_000;
        pending.push(call(sent).then(() => latencies.push(performance.now() - dueAt)));
      }
      if (sent >= total) resolve();
      else setImmediate(tick);
    };
    tick();
  });
  await Promise.all(pending);
  return latencies;
}

/**
 * Runs every contestant in each round, in turning order, so that drift of the machine meets all alike.
 * Gives, by name, one figure for each round.
 */
export async function inRounds(contestants, rounds, onRound = () => undefined) {
  const figures = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    for (let place = 0; place < contestants.length; place++) {
      const { name, measure } = contestants[(place + round) % contestants.length];
      figures[name].push(await measure());
    }
  }
  return figures;
}
