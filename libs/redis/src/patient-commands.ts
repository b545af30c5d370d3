import { Command, type Redis } from 'ioredis';
import { heldUpMs, lookAtSockets } from './socket-look.js';

/** A command was not answered in time; whether it took effect is unknown. */
export class RedisTimeoutError extends Error {
  constructor(
    /** This process was too busy to hear the answer, which says nothing of Redis. */
    readonly isOverloaded: boolean,
  ) {
    super(isOverloaded ? 'This process was too busy to hear Redis in time' : 'Redis did not answer in time');
    this.name = 'RedisTimeoutError';
  }
}

/** What ioredis keeps of a command's time limit; it clears the timer when the answer has come. */
interface TimedCommand {
  _commandTimeoutTimer?: NodeJS.Timeout;
  readonly isSettled: boolean;
  reject(error: Error): void;
}

/** From now on the time limit of a connection's commands looks at the socket before it gives up. */
export function makePatient(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    // A command that has a limit of its own keeps it.
    if (command.setTimeout === Command.prototype.setTimeout) command.setTimeout = limitTime;
    return send(command, stream);
  };
}

function limitTime(this: Command, ms: number): void {
  const command = this as unknown as TimedCommand;
  const dueMs = performance.now() + ms;
  const giveUp = () => {
    if (command.isSettled) return;
    command.reject(new RedisTimeoutError(performance.now() - dueMs > heldUpMs(ms)));
  };
  // ioredis clears it when the answer has come.
  command._commandTimeoutTimer ??= setTimeout(() => lookAtSockets(giveUp), ms);
}
