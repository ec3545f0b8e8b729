import { rm } from 'node:fs/promises';
import { callAfter } from './deadline';
import type { AttemptOutcome, AttemptSpec, Executor, ExecutorOptions } from './executor';
import { cutShellMessage, statusOutcome } from './exitStatus';
import { Guard } from './guard';
import { isLaneMessage } from './laneScript';
import { defaultLaneShell } from './laneShell';
import { workerInstance } from './marker';
import { readEnds } from './output';
import { diskIsFull, whyNotWritable } from './outputFolder';
import { OutputLimit } from './outputLimit';
import { attemptKey, type Owner, type Session } from './ownership';
import { processTable } from './processTable';
import { ProcessWatch, type Usage } from './processWatch';

/** How an attempt's shell ended, as far as whoever started it knows. */
export type Ended =
  | { status: number; silent?: boolean }
  | { signal: NodeJS.Signals }
  | { laneDied: NodeJS.Signals | undefined };

export interface Launched {
  /** Absent if no process came of it. */
  session?: Session;
  /** On the monotonic clock, ms. */
  begunAt: number;
  ended: Promise<Ended>;
  /** Last resort for an attempt of which no process is left and no end is heard. */
  abandon?: () => void;
}

/** What the two executors do differently. */
export interface Launcher {
  /** Rejects, with a message for people, if the attempt could not be started. */
  launch(spec: AttemptSpec): Promise<Launched>;
  close(): Promise<void>;
}

/** Why an attempt is ended; the first cause counts. */
type Cause = Pick<AttemptOutcome, 'timeout' | 'outputLimit' | 'killed'>;

interface Attempt {
  spec: AttemptSpec;
  key: Owner;
  launched?: Launched;
  cause?: Cause;
  ending?: Promise<void>;
  /** Its shell has ended. */
  settled: boolean;
}

const DEFAULT_GRACE_MS = 5000;

/** What both executors do for an attempt: deadline, kills, output limit, survivors, outcome. */
export abstract class Supervisor implements Executor {
  protected readonly watch: ProcessWatch;
  protected readonly graceMs: number;
  private readonly guard: Guard;
  private readonly limit: OutputLimit;
  private readonly attempts = new Map<Attempt, Promise<AttemptOutcome>>();
  private closing = false;

  constructor(options: ExecutorOptions) {
    this.graceMs = options.killGraceMs ?? DEFAULT_GRACE_MS;
    // When the worker is killed, what its earlier executors left goes too.
    const worker = workerInstance(options.instance);
    this.guard = new Guard(worker, options.shell ?? defaultLaneShell(process.env));
    this.watch = new ProcessWatch(processTable(), this.guard, {
      ...options,
      graceMs: this.graceMs,
    });
    this.limit = new OutputLimit(options.maxOutputBytes);
  }

  protected abstract readonly launcher: Launcher;

  async run(spec: AttemptSpec): Promise<AttemptOutcome> {
    if (this.closing) throw new Error('no attempt starts on a closed executor');
    requireLines(spec);
    const attempt: Attempt = { spec, key: attemptKey(spec), settled: false };
    const outcome = this.execute(attempt).finally(() => this.attempts.delete(attempt));
    this.attempts.set(attempt, outcome);
    return outcome;
  }

  kill(taskId: string, reason: string, graceMs = this.graceMs): void {
    for (const attempt of this.attempts.keys()) {
      if (attempt.spec.taskId === taskId) this.end(attempt, { killed: reason }, graceMs);
    }
  }

  busy(): number {
    return this.attempts.size;
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const attempt of this.attempts.keys()) {
      this.end(attempt, { killed: 'the worker ended' }, this.graceMs);
    }
    await Promise.allSettled(this.attempts.values());
    await this.launcher.close();
    await this.watch.stop();
    await this.guard.end();
  }

  private async execute(attempt: Attempt): Promise<AttemptOutcome> {
    const { spec, key } = attempt;
    const asked = performance.now();
    await this.watch.begin(key);
    try {
      attempt.launched = await this.launch(attempt);
    } catch (error) {
      this.watch.finish(key, undefined);
      const durationMs = performance.now() - asked;
      return { started: false, notStarted: (error as Error).message, ...attempt.cause, durationMs };
    }
    const { launched } = attempt;
    const unwatch = this.limits(attempt);
    const ended = await launched.ended;
    const durationMs = performance.now() - launched.begunAt;
    attempt.settled = true;
    unwatch();
    await this.untilEmpty(attempt, launched, ended);
    const usage = this.watch.usage(key);
    this.watch.finish(key, launched.session);
    const result = await this.result(spec, ended, attempt.cause !== undefined);
    return { ...result, ...attempt.cause, ...figures(usage), durationMs };
  }

  private async launch(attempt: Attempt): Promise<Launched> {
    await this.guard.ready();
    if (attempt.cause !== undefined) throw new Error('It was ended before it began.');
    return this.launcher.launch(attempt.spec);
  }

  /** Sets what may end the attempt before its time; returns what unsets it. */
  private limits(attempt: Attempt): () => void {
    const { timeoutSeconds, outputBase } = attempt.spec;
    const cancelDeadline =
      timeoutSeconds > 0
        ? callAfter(timeoutSeconds * 1000, () => this.end(attempt, { timeout: true }, this.graceMs))
        : () => {};
    // At once: during a grace, a task that ignores TERM would fill the disk.
    const unfollow = this.limit.follow(outputBase, () => {
      this.end(attempt, { outputLimit: true }, 0);
    });
    // A kill may have come while it was being launched.
    if (attempt.cause !== undefined) this.end(attempt, attempt.cause, this.graceMs);
    return () => {
      cancelDeadline();
      unfollow();
    };
  }

  private end(attempt: Attempt, cause: Cause, graceMs: number): void {
    if (attempt.settled) return;
    attempt.cause ??= cause;
    const { launched } = attempt;
    if (launched === undefined) return;
    attempt.ending = this.watch.end(attempt.key, {
      graceMs,
      settled: () => attempt.settled,
      onStuck: () => launched.abandon?.(),
    });
  }

  /** What is reported as ended early, or without a lane to say how, has no process left. */
  private async untilEmpty(attempt: Attempt, launched: Launched, ended: Ended): Promise<void> {
    if ('laneDied' in ended && launched.session !== undefined) {
      const options = { graceMs: this.graceMs };
      await Promise.all([
        this.watch.end(attempt.key, options),
        this.watch.endEarlier(launched.session),
      ]);
    }
    await attempt.ending;
  }

  private async result(
    spec: AttemptSpec,
    ended: Ended,
    endedByUs: boolean,
  ): Promise<Omit<AttemptOutcome, 'durationMs'>> {
    const how = outcomeOf(ended);
    if ('exit' in how && how.exit === 0) return { started: true, ...how };
    const notStarted = await this.whyNotStarted(spec, ended);
    if (notStarted !== undefined) return { started: false, notStarted };
    if ('signal' in how)
      await cutShellMessage(`${spec.outputBase}.err`, how.signal).catch(() => {});
    if (!endedByUs && (await diskIsFull(spec.outputBase))) {
      return { started: true, ...how, diskFull: true };
    }
    return { started: true, ...how };
  }

  /** Undefined if the task's shell ran: then its `.err` exists. */
  private async whyNotStarted(
    { outputBase }: AttemptSpec,
    ended: Ended,
  ): Promise<string | undefined> {
    const errorPath = `${outputBase}.err`;
    const error = await readEnds(errorPath, 1024).catch(() => undefined);
    const laneDied = 'laneDied' in ended;
    if (error === undefined) {
      return laneDied
        ? 'Its lane died before it began. Check this host’s memory, its limit on processes, and whether something ends them.'
        : whyNotWritable(outputBase);
    }
    // A shell that cannot fork exits. Bash forks before it opens the file; the others say so there.
    if (!laneDied || ended.laneDied !== undefined || !isLaneMessage(error.text)) return undefined;
    await rm(errorPath, { force: true });
    return 'This host refused to start another process. Check its memory and its limit on processes.';
  }
}

function outcomeOf(ended: Ended): Pick<AttemptOutcome, 'exit' | 'signal' | 'laneDied' | 'silent'> {
  if ('status' in ended) {
    return { ...statusOutcome(ended.status), ...(ended.silent ? { silent: true } : {}) };
  }
  if ('signal' in ended) return { signal: ended.signal };
  return ended.laneDied === undefined
    ? { laneDied: true }
    : { signal: ended.laneDied, laneDied: true };
}

function figures(usage: Usage | undefined): Pick<AttemptOutcome, 'peakMb' | 'cpuSeconds'> {
  if (usage === undefined) return {};
  return { peakMb: Math.round(usage.peakMb), cpuSeconds: Math.round(usage.cpuSeconds * 100) / 100 };
}

/** A lane takes an attempt as lines, so no part may break one. */
function requireLines({ taskId, worker, outputBase, command }: AttemptSpec): void {
  for (const [name, text] of Object.entries({ taskId, worker, outputBase, command })) {
    if (/[\n\0]/.test(text)) throw new Error(`${name} of an attempt must be one line`);
  }
}
