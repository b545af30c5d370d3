import { defineLuaScript, type LuaScript } from 'fairshare/redis';

const KEYS = ['counters', 'holds', 'operation'] as const;
const ARGS = ['plan', 'operationId', 'seed'] as const;

type OperationScript = LuaScript<(typeof KEYS)[number], (typeof ARGS)[number], Buffer>;

const operationScript = (source: URL): OperationScript =>
  defineLuaScript({ source, keys: KEYS, args: ARGS, replies: 'buffer', parse: asBytes });

/** The verbs that know an operation. */
export const spendScript = operationScript(new URL('./spend.lua', import.meta.url));
export const reserveScript = operationScript(new URL('./reserve.lua', import.meta.url));
export const settleScript = operationScript(new URL('./settle.lua', import.meta.url));
export const cancelScript = operationScript(new URL('./cancel.lua', import.meta.url));
export const extendScript = operationScript(new URL('./extend.lua', import.meta.url));
export const recordScript = operationScript(new URL('./record.lua', import.meta.url));

export const adjustScript = defineLuaScript({
  source: new URL('./adjust.lua', import.meta.url),
  keys: KEYS,
  args: ['plan', 'operationId', 'seed', 'movement'],
  replies: 'buffer',
  parse: asBytes,
});

export const checkScript = defineLuaScript({
  source: new URL('./check.lua', import.meta.url),
  keys: ['counters', 'holds'],
  args: ['plan', 'isHeld', 'seed'],
  replies: 'buffer',
  parse: asBytes,
});

export const resetScript = defineLuaScript({
  source: new URL('./reset.lua', import.meta.url),
  keys: ['counters', 'holds'],
  args: ['plan', 'scope', 'seed'],
  replies: 'buffer',
  parse: asBytes,
});

export const restoreScript = defineLuaScript({
  source: new URL('./restore.lua', import.meta.url),
  keys: ['counters', 'holds'],
  args: ['plan', 'until', 'seed'],
  replies: 'buffer',
  parse: asBytes,
});

function asBytes(raw: unknown): Buffer {
  if (Buffer.isBuffer(raw) && raw.length >= 9) return raw;
  throw new TypeError('A quota script answered something that is not packed');
}
