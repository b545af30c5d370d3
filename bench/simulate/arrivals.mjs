import { seededRandom } from 'fairshare/queue';

/**
 * Requests of all clients in the order of their arrival: [{atS, client, input, output}].
 *
 * client = {rate per second, input, output, poisson?, onOffS? (seconds on, then as many off)}. Without `poisson` they
 * come at equal distances from a random offset on. The same seed gives the same requests to every policy.
 */
export function arrivalsOf(clients, { seconds, seed }) {
  const random = seededRandom(seed);
  return clients
    .flatMap((client, index) =>
      times(client, seconds, random).map((atS) => ({ atS, ...sizeOf(client), client: index })),
    )
    .sort((left, right) => left.atS - right.atS || left.client - right.client);
}

function sizeOf({ input, output }) {
  return { input, output };
}

function times({ rate, poisson, onOffS }, seconds, random) {
  const found = [];
  let atS = poisson ? exponential(random, rate) : random() / rate;
  while (atS < seconds) {
    if (!onOffS || Math.floor(atS / onOffS) % 2 === 0) found.push(atS);
    atS += poisson ? exponential(random, rate) : 1 / rate;
  }
  return found;
}

function exponential(random, rate) {
  return -Math.log(1 - random()) / rate;
}
