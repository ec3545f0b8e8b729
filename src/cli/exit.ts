/** How commands end: their exit codes, and which error means which. */
import { EmbeddedRedisFailed, RedisServerMissing } from '../cluster/embedded';
import { NoSuchHosts } from '../cluster/ssh/chosenHosts';
import { ConfigError } from '../config/schema';
import { isAway } from '../queue/away';
import { DefaultQueueOnCluster } from '../queue/queue';
import { RedisUnreachable } from '../queue/unreachable';

export const EXIT = {
  ok: 0,
  /** Some tasks failed, or not all of them ran; for `launch`, some hosts failed. */
  tasksFailed: 1,
  /** Wrong options, files or configuration. */
  usage: 2,
  redis: 3,
} as const;

/** Ends a command with its message and this exit code. */
export class CommandFailed extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** What was asked cannot be done as it was asked. The message says what to do instead. */
export class UsageError extends CommandFailed {
  override readonly name: string = 'UsageError';

  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** For an error that ends a command. */
export function exitCodeFor(error: unknown): number {
  if (error instanceof CommandFailed) return error.exitCode;
  const usageErrors = [ConfigError, NoSuchHosts, DefaultQueueOnCluster];
  if (usageErrors.some(kind => error instanceof kind)) return EXIT.usage;
  const redisErrors = [RedisUnreachable, RedisServerMissing, EmbeddedRedisFailed];
  const isRedis = redisErrors.some(kind => error instanceof kind) || isAway(error);
  return isRedis ? EXIT.redis : EXIT.tasksFailed;
}

/** What people are told of it. */
export function messageFor(error: unknown): string {
  if (isAway(error)) return 'Redis stopped answering. Give the command again when it is back.';
  return (error as Error).message;
}

/** In words, after "Cannot read sweep.tasks: ". */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return FILE_FAULTS[code ?? ''] ?? message;
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
};
