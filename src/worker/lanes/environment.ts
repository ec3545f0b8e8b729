/** What a task finds in its environment. */

/** Marks every process of one worker instance. */
export const INSTANCE_VARIABLE = 'DISTCOMP_INSTANCE';

/**
 * The worker's environment without its own `DISTCOMP_*` settings (the Redis password may be one), marked as
 * this instance's.
 */
export function taskEnvironment(base: NodeJS.ProcessEnv, instance: string): NodeJS.ProcessEnv {
  return { ...withoutOurs(base), [INSTANCE_VARIABLE]: instance };
}

/** For processes that must not be taken for a task's, such as the guard. */
export function withoutOurs(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(base).filter(([name]) => !name.startsWith('DISTCOMP_')));
}
