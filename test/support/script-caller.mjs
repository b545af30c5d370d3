// A process of its own that runs one script many times at once: argv[2] is JSON {url, text, keys, plans, names, seed},
// plans and seed in base64. Prints the first byte of every answer, as JSON.
import { Redis } from 'ioredis';

const { url, text, keys, plan, names, seed } = JSON.parse(process.argv[2]);
const redis = new Redis(url);
await redis.ping();
const answers = await Promise.all(
  names.map((name) =>
    redis.evalBuffer(
      text,
      keys.length + 1,
      ...keys,
      `${keys[0].slice(0, -1)}o:${name}`,
      Buffer.from(plan, 'base64'),
      name,
      Buffer.from(seed, 'base64'),
    ),
  ),
);
process.stdout.write(JSON.stringify(answers.map((answer) => answer[0])));
redis.disconnect();
