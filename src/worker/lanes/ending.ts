import type { ProcessInfo, ProcessTable } from './processTable';

export interface EndingOptions {
  /** From TERM to KILL. */
  graceMs: number;
  /** Whether nothing new can appear: the attempt has ended. Until then an empty look proves nothing. */
  settled?: () => boolean;
  /** Called when no process is left, and it is not settled a grace after the first KILL. */
  onStuck?: () => void;
}

/** Processes of other users, such as a `sudo` of a task: nothing we could end, or wait for. */
export class Untouchables {
  private readonly known = new Set<string>();

  add(one: ProcessInfo): void {
    this.known.add(identity(one));
  }

  has(one: ProcessInfo): boolean {
    return this.known.has(identity(one));
  }
}

/**
 * - `asking`: each process gets one TERM, when it is first seen
 * - `killing`: each gets KILL at every look
 * - `done`: two looks, one after the other, found none
 */
type Phase = 'asking' | 'killing' | 'done';

/** One look alone may miss what is just executing another program, or was forked while it was made. */
const EMPTY_LOOKS = 2;

/** Ends a set of processes that may change between looks: TERM, a grace, KILL, until none is left. */
export class Ending {
  readonly done: Promise<void>;
  private phase: Phase = 'asking';
  private graceMs: number;
  /** The grace counts from the first look: until then nobody was asked. */
  private killAt: number | undefined;
  private emptyLooks = 0;
  private readonly asked = new Set<string>();
  private finish: () => void = () => {};

  constructor(
    private readonly table: ProcessTable,
    private readonly untouchables: Untouchables,
    private readonly options: EndingOptions,
  ) {
    this.graceMs = options.graceMs;
    this.done = new Promise(resolve => {
      this.finish = () => {
        this.phase = 'done';
        resolve();
      };
    });
  }

  get over(): boolean {
    return this.phase === 'done';
  }

  /** KILL comes after this grace if that is sooner. */
  hasten(graceMs: number): void {
    this.graceMs = Math.min(this.graceMs, graceMs);
    if (this.killAt !== undefined) {
      this.killAt = Math.min(this.killAt, performance.now() + graceMs);
    }
  }

  /** What a look found of its processes. */
  sweep(found: readonly ProcessInfo[]): void {
    if (this.over) return;
    const now = performance.now();
    this.killAt ??= now + this.graceMs;
    if (now >= this.killAt) this.phase = 'killing';
    const left = found.filter(one => !this.untouchables.has(one));
    for (const one of left) {
      if (this.phase === 'killing') this.signal(one, 'SIGKILL');
      else this.ask(one);
    }
    if (left.length > 0) {
      this.emptyLooks = 0;
    } else if (this.options.settled?.() ?? true) {
      this.emptyLooks += 1;
      if (this.emptyLooks === EMPTY_LOOKS) this.finish();
    } else if (found.length === 0 && now >= this.killAt + this.options.graceMs) {
      this.options.onStuck?.();
    }
  }

  private ask(one: ProcessInfo): void {
    if (!this.asked.has(identity(one))) {
      this.asked.add(identity(one));
      this.signal(one, 'SIGTERM');
    }
    // A stopped process acts on TERM only when it continues.
    if (one.stopped) this.signal(one, 'SIGCONT');
  }

  private signal(one: ProcessInfo, name: NodeJS.Signals): void {
    if (signalProcess(this.table, one, name) === 'refused') this.untouchables.add(one);
  }
}

/** Sends nothing if the number is another process's by now. */
export function signalProcess(
  table: ProcessTable,
  { pid, startedAt }: Pick<ProcessInfo, 'pid' | 'startedAt'>,
  name: NodeJS.Signals,
): 'sent' | 'gone' | 'refused' {
  if (table.startOf(pid) !== startedAt) return 'gone';
  try {
    process.kill(pid, name);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'refused' : 'gone';
  }
}

function identity({ pid, startedAt }: ProcessInfo): string {
  return `${pid} ${startedAt}`;
}
