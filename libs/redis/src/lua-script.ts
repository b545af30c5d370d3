import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster, Redis } from 'ioredis';
import { readLua } from './lua-source.js';

/** Where a script runs: one server, or a cluster, which routes by the script's first key. */
export type RedisClient = Redis | Cluster;

export type ScriptArgument = string | number | Buffer;

export interface LuaScriptDefinition<Key extends string, Argument extends string, Reply> {
  /** The script's file: `new URL('./claim-job.lua', import.meta.url)`. */
  readonly source: URL;
  /** KEYS in order, in camelCase; the header of the file names them in snake_case. */
  readonly keys: readonly Key[];
  /** ARGV in order, in camelCase. */
  readonly args: readonly Argument[];
  /** Name of what follows the last of `args`, repeated: `ARGV[4..] jobs` in the header. Default: nothing follows. */
  readonly rest?: string;
  /** `buffer` keeps reply strings as bytes, for packed replies. Default `text`. */
  readonly replies?: 'text' | 'buffer';
  /** Turns the raw reply into the answer; throws on a shape it does not know, so that it fails at the border. */
  readonly parse: (raw: unknown) => Reply;
}

export interface LuaScript<Key extends string, Argument extends string, Reply> {
  /** The file's base name without `.lua`. */
  readonly name: string;
  readonly definition: LuaScriptDefinition<Key, Argument, Reply>;
  /** The text sent to Redis: with its includes, and with values in the place of constants. */
  readonly text: string;
  readonly sha1: string;
  /**
   * Runs the script in one round trip (two where the server has forgotten it).
   * Rejects with what Redis answered or with the connection's error; after a connection error or a time-out the
   * outcome is unknown, and only an operation id inside the script can resolve it.
   */
  run(
    redis: RedisClient,
    keys: Readonly<Record<Key, string>>,
    args: Readonly<Record<Argument, ScriptArgument>>,
    rest?: readonly ScriptArgument[],
  ): Promise<Reply>;
}

interface ScriptCommands {
  evalsha(...args: ScriptArgument[]): Promise<unknown>;
  evalshaBuffer(...args: ScriptArgument[]): Promise<unknown>;
  eval(...args: ScriptArgument[]): Promise<unknown>;
  evalBuffer(...args: ScriptArgument[]): Promise<unknown>;
}

const defined = new Map<string, LuaScript<string, string, unknown>>();

/** Every script defined by the modules loaded so far, by file path; the header test walks over it. */
export function definedLuaScripts(): ReadonlyMap<string, LuaScript<string, string, unknown>> {
  return defined;
}

/** Loads a `.lua` file, with the files it includes, and gives it a typed function. */
export function defineLuaScript<Key extends string, Argument extends string, Reply>(
  definition: LuaScriptDefinition<Key, Argument, Reply>,
): LuaScript<Key, Argument, Reply> {
  const path = fileURLToPath(definition.source);
  const text = readLua(path);
  const sha1 = createHash('sha1').update(text).digest('hex');
  const { keys: keyNames, args: argumentNames, parse } = definition;
  const binary = definition.replies === 'buffer';

  const script: LuaScript<Key, Argument, Reply> = {
    name: basename(path, '.lua'),
    definition,
    text,
    sha1,
    async run(redis, keys, args, rest) {
      const commands = redis as unknown as ScriptCommands;
      const argv: ScriptArgument[] = [sha1, keyNames.length];
      for (const name of keyNames) argv.push(keys[name]);
      for (const name of argumentNames) argv.push(args[name]);
      if (rest) for (const value of rest) argv.push(value);
      let raw: unknown;
      try {
        raw = await (binary ? commands.evalshaBuffer(...argv) : commands.evalsha(...argv));
      } catch (error) {
        if (!isScriptForgotten(error)) throw error;
        argv[0] = text;
        raw = await (binary ? commands.evalBuffer(...argv) : commands.eval(...argv));
      }
      return parse(raw);
    },
  };
  defined.set(path, script);
  return script;
}

/** NOSCRIPT means that nothing ran, so sending the text is safe. */
function isScriptForgotten(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
