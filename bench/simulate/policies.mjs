import { FairSchedule } from 'fairshare/queue';
import { Line } from './line.mjs';

/**
 * Who is next. Each policy: add(job), next() the job whose turn it is or undefined, take() starts it, end(job).
 * A job has {client, cost}; `weightOf(client)` is the client's share.
 */
export const POLICIES = {
  fifo: () => new Fifo(),
  'round-robin': () => new RoundRobin(),
  fair: ({ weightOf }) => new Fair(weightOf),
};

/** One line for all. */
class Fifo {
  #line = new Line();

  add(job) {
    this.#line.push(job);
  }

  next() {
    return this.#line.first;
  }

  take() {
    return this.#line.shift();
  }

  end() {}
}

/** One job of each client that waits, in turn, whatever it costs. */
class RoundRobin {
  #lines = new Map();
  #turns = new Line();

  add(job) {
    let line = this.#lines.get(job.client);
    if (!line) this.#lines.set(job.client, (line = new Line()));
    if (line.length === 0) this.#turns.push(job.client);
    line.push(job);
  }

  next() {
    return this.#lines.get(this.#turns.first)?.first;
  }

  take() {
    const client = this.#turns.shift();
    const line = this.#lines.get(client);
    const job = line.shift();
    if (line.length > 0) this.#turns.push(client);
    return job;
  }

  end() {}
}

/** The schedule of the queue itself: the same class that is the oracle of its Lua scripts. */
class Fair {
  #schedule = new FairSchedule();
  #lines = new Map();
  #charges = new Map();

  constructor(weightOf) {
    this.weightOf = weightOf;
  }

  add(job) {
    let line = this.#lines.get(job.client);
    if (!line) this.#lines.set(job.client, (line = new Line()));
    line.push(job);
    if (line.length === 1) this.#enter(job.client, line);
  }

  next() {
    return this.#lines.get(Number(this.#schedule.next()))?.first;
  }

  take() {
    const client = Number(this.#schedule.next());
    const line = this.#lines.get(client);
    const job = line.shift();
    this.#charges.set(job, this.#schedule.dispatch(job.cost));
    if (line.length > 0) this.#enter(client, line);
    else this.#schedule.drain(String(client));
    return job;
  }

  end(job) {
    this.#schedule.settle(this.#charges.get(job), job.cost);
    this.#charges.delete(job);
  }

  #enter(client, line) {
    this.#schedule.enter(String(client), { weight: this.weightOf(client), headCost: line.first.cost });
  }
}
