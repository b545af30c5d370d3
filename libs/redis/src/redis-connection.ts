import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisClient } from './lua-script.js';
import { makePatient } from './patient-commands.js';
import { watchSockets } from './silent-sockets.js';

export interface RedisConnectionOptions {
  /** `redis://`, `rediss://` or `unix:///path/to.sock`. Several, separated by commas, are nodes of one cluster. */
  readonly url: string;
  /** Shown in `CLIENT LIST`. Default `fairshare`. */
  readonly name?: string;
  /** How long a connection attempt may take, in ms. Default 1_000. */
  readonly connectTimeoutMs?: number;
  /**
   * How long one command may take, in ms; past it the outcome is unknown, and the command rejects with
   * RedisTimeoutError. 0 = no limit. Default 1_000.
   */
  readonly commandTimeoutMs?: number;
  /**
   * How long calls may wait without a byte before the socket is destroyed and made anew, in ms; of connections of their own
   * too. 0 = for ever. Default: as commandTimeoutMs.
   */
  readonly silenceMs?: number;
  /** Longest pause between two attempts to reconnect, in ms. Default 250. */
  readonly maxReconnectDelayMs?: number;
  /** Commands of one event-loop turn share a write; scripts go at once, see below. Default true. */
  readonly autoPipelining?: boolean;
}

const DEFAULT_TIMEOUT_MS = 1_000;

/**
 * ioredis holds a pipeline back until the one before is fully answered: Redis would wait while we read its answers. Scripts
 * do much in one call, so they gain more by running meanwhile than by sharing a write.
 */
const SENT_AT_ONCE = ['evalsha', 'eval'];

/**
 * Opens a connection that never resends a command and never holds one back while the server is away: a lost reply is
 * an error that its caller sees at once, and reconnecting goes on for ever.
 */
export function connectRedis(options: RedisConnectionOptions): RedisClient {
  const urls = options.url.split(',').map((url) => url.trim());
  const settings = redisOptions(options);
  const client =
    urls.length > 1
      ? new Cluster(urls, {
          redisOptions: settings,
          enableOfflineQueue: false,
          enableAutoPipelining: options.autoPipelining ?? true,
          autoPipeliningIgnoredCommands: SENT_AT_ONCE,
          clusterRetryStrategy: settings.retryStrategy as (times: number) => number,
        })
      : isSocket(urls[0]!)
        ? new Redis({ ...settings, path: socketPath(urls[0]!) })
        : new Redis(urls[0]!, settings);
  if (client instanceof Cluster) client.on('+node', makePatient);
  else makePatient(client);
  watch(client, options.silenceMs ?? options.commandTimeoutMs ?? DEFAULT_TIMEOUT_MS);
  return client;
}

/** A connection to the same server for what blocks or subscribes; it waits for the server as long as it takes. */
export function ownConnection(redis: RedisClient): RedisClient {
  const patient = { commandTimeout: undefined, maxRetriesPerRequest: null };
  const options = { enableOfflineQueue: true, enableAutoPipelining: false };
  if (redis instanceof Cluster) {
    const redisOptions = { ...redis.options.redisOptions, ...patient };
    return watch(redis.duplicate([], { ...options, redisOptions }), silences.get(redis));
  }
  return watch(redis.duplicate({ ...options, ...patient }), silences.get(redis));
}

/** How long each connection may be silent, for those that are made like it. */
const silences = new WeakMap<RedisClient, number>();

function watch<Client extends RedisClient>(client: Client, silenceMs = DEFAULT_TIMEOUT_MS): Client {
  // Without a listener ioredis prints every failed attempt; callers see the state through their own commands.
  client.on('error', () => undefined);
  silences.set(client, silenceMs);
  watchSockets(client, silenceMs);
  return client;
}

/**
 * Resolves when the connection takes commands; rejects with the last connection error after `timeoutMs`, default 2_000.
 * Without Nest, wait for it before the first command: nothing is held back for a connection that is not there yet.
 */
export function redisReady(client: RedisClient, timeoutMs = 2_000): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    let lastError: Error | undefined;
    const onError = (error: Error) => (lastError = error);
    const onReady = () => settle(resolve);
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`Redis did not answer within ${timeoutMs} ms`, { cause: lastError })));
    }, timeoutMs);
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      client.off('ready', onReady);
      client.off('error', onError);
      finish();
    };
    client.once('ready', onReady);
    client.on('error', onError);
  });
}

/** Closes the connection; commands under way get `graceMs` to be answered. */
export async function closeRedis(client: RedisClient, graceMs = 500): Promise<void> {
  if (client.status !== 'ready') return client.disconnect();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
  await Promise.race([client.quit().catch(() => undefined), patience]);
  clearTimeout(timer);
  client.disconnect();
}

function redisOptions(options: RedisConnectionOptions): RedisOptions {
  const maxDelayMs = options.maxReconnectDelayMs ?? 250;
  return {
    connectionName: options.name ?? 'fairshare',
    connectTimeout: options.connectTimeoutMs ?? 1_000,
    commandTimeout: (options.commandTimeoutMs ?? DEFAULT_TIMEOUT_MS) || undefined,
    enableAutoPipelining: options.autoPipelining ?? true,
    autoPipeliningIgnoredCommands: SENT_AT_ONCE,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(20 * 2 ** Math.min(attempt, 10), maxDelayMs),
  };
}

const SOCKET_SCHEMES = /^(redis\+unix|unix):\/\//;

function isSocket(url: string): boolean {
  return SOCKET_SCHEMES.test(url);
}

function socketPath(url: string): string {
  return url.replace(SOCKET_SCHEMES, '');
}
