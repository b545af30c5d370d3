export { RedisConnection, RedisModule, type RedisModuleAsyncOptions } from './redis.module.js';
export {
  closeRedis,
  connectRedis,
  ownConnection,
  redisReady,
  type RedisConnectionOptions,
} from './redis-connection.js';
export {
  defineLuaScript,
  definedLuaScripts,
  type LuaScript,
  type LuaScriptDefinition,
  type RedisClient,
  type ScriptArgument,
} from './lua-script.js';
export { RedisTimeoutError } from './patient-commands.js';
export { redisFault } from './redis-fault.js';
export { heldUpMs, lookAtSockets, whenOver, within } from './socket-look.js';
export { type LuaHeader, parseLuaHeader, snakeCase } from './lua-header.js';
export {
  definedLuaLayouts,
  definedLuaNames,
  type LayoutFields,
  luaCodes,
  luaLayout,
  luaNames,
} from './lua-shared.js';
export { luaConstants, luaIncludes, readWithIncludes } from './lua-source.js';
