/**
 * The execution of attempts. A worker hands an attempt to an `Executor` and hears how it ended;
 * what happens in between (shells, sessions, signals, output limits, whatever a task leaves behind)
 * stays in this folder.
 *
 * - `LanePool` and `SpawnExecutor` start shells: through long-lived lanes, or one spawn an attempt.
 * - `supervisor` is what both share: deadlines, kills, limits, and the outcome.
 * - `processWatch` looks at the host's processes, `ownership` says whose each one is, `ending` ends them.
 * - `guard` does the same when the worker itself was killed; `leftovers` when the guard was, too.
 */

/** One execution of a task. */
export interface AttemptSpec {
  taskId: string;
  worker: string;
  attempt: number;
  /** For `/bin/sh -c`; one line. */
  command: string;
  /** Absolute, unique an attempt: output goes to `<outputBase>.out` and `<outputBase>.err`. */
  outputBase: string;
  /** 0: none. */
  timeoutSeconds: number;
}

/** How an attempt ended. Exactly one of `exit` and `signal` stands in a started one whose lane lived. */
export interface AttemptOutcome {
  /** False: the task's shell never ran, and the task can be given back as if it had not been claimed. */
  started: boolean;
  /** Why it did not start: what happened and what to do, for people. */
  notStarted?: string;
  exit?: number;
  /** As `SIGKILL`. From a status over 128, so `exit 137` reads so too: no shell tells them apart. */
  signal?: string;
  timeout?: true;
  outputLimit?: true;
  /** The reason given to `kill`. */
  killed?: string;
  /** The lane's own shell died; `signal` is what it died of, if anything. */
  laneDied?: true;
  /** Its standard output is known to be empty. */
  silent?: true;
  /** It failed while its output's disk was full: the failure says nothing about the task. */
  diskFull?: true;
  /** MiB, the highest sum over its processes that was seen; absent for one too short to be seen. */
  peakMb?: number;
  /** As last seen, so short by what it used in its last second. */
  cpuSeconds?: number;
  /** From its start to the end of its shell, monotonic. */
  durationMs: number;
}

export interface Executor {
  /** Resolves when the attempt has ended; one that was killed, when none of its processes is left. */
  run(spec: AttemptSpec): Promise<AttemptOutcome>;
  /**
   * Ends all processes of the task's attempt. Nothing happens if it does not run.
   * @param graceMs from TERM to KILL; that of the options if not given
   */
  kill(taskId: string, reason: string, graceMs?: number): void;
  /** How many attempts run. */
  busy(): number;
  /** Ends what runs, then lanes and guard. Afterwards nothing of this executor lives. */
  close(): Promise<void>;
}

export type ShellCommand = readonly [program: string, ...args: string[]];

export interface ExecutorOptions {
  /**
   * Unique to this executor of this start of the worker (`executorInstance`); every task carries it as
   * `DISTCOMP_INSTANCE`, by which what is left of a killed worker can be found. Visible to all tasks: not a secret.
   */
  instance: string;
  /** Where tasks run. */
  cwd: string;
  /** Of standard output and error together; over it, the attempt is killed. */
  maxOutputBytes: number;
  /** Leave running what a task left in the background. It ends with a worker that is killed. */
  keepBackgroundProcesses: boolean;
  /** From TERM to KILL; 5,000 by default. */
  killGraceMs?: number;
  /** The lane's own shell; tasks are run by `/bin/sh` whatever it is. Default: dash where present. */
  shell?: ShellCommand;
  /** What tasks inherit, apart from all `DISTCOMP_*`; the worker's own by default. */
  environment?: NodeJS.ProcessEnv;
}
