/** What `INFO <section>` says, as numbers where it says numbers. */
export async function info(redis, section) {
  const text = await redis.info(section);
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), numeric(line)]));
}

/** Calls, and microseconds of Redis' own time, of one command since the last `CONFIG RESETSTAT`. */
export async function commandStats(redis, command) {
  const text = String((await info(redis, 'commandstats'))[`cmdstat_${command}`] ?? '');
  const value = (name) => Number(new RegExp(`${name}=([0-9.]+)`).exec(text)?.[1] ?? 0);
  return { calls: value('calls'), usec: value('usec') };
}

function numeric(line) {
  const value = line.slice(line.indexOf(':') + 1);
  return value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value;
}
