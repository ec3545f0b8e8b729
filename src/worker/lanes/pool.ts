import { taskEnvironment } from './environment';
import type { AttemptSpec, ExecutorOptions, ShellCommand } from './executor';
import { Lane } from './lane';
import { defaultLaneShell } from './laneShell';
import { attemptKey, type Session } from './ownership';
import type { ProcessWatch } from './processWatch';
import { cannotStart } from './startError';
import { type Launched, type Launcher, Supervisor } from './supervisor';

/** Runs attempts in lanes. A lane is started when none is idle, and replaced when it dies. */
export class LanePool extends Supervisor {
  protected readonly launcher: Launcher;

  constructor(options: ExecutorOptions) {
    super(options);
    this.launcher = new Lanes(this.watch, options, this.graceMs);
  }
}

class Lanes implements Launcher {
  private readonly lanes = new Map<Lane, Session>();
  private readonly shell: ShellCommand;
  private readonly environment: NodeJS.ProcessEnv;
  private readonly cwd: string;

  constructor(
    private readonly watch: ProcessWatch,
    options: ExecutorOptions,
    private readonly graceMs: number,
  ) {
    const base = options.environment ?? process.env;
    this.environment = taskEnvironment(base, options.instance);
    this.shell = options.shell ?? defaultLaneShell(base);
    this.cwd = options.cwd;
  }

  async launch(spec: AttemptSpec): Promise<Launched> {
    const [lane, session] = this.idle() ?? (await this.add());
    session.attempt = attemptKey(spec);
    const begunAt = performance.now();
    return { session, begunAt, ended: lane.run(spec), abandon: () => lane.kill() };
  }

  async close(): Promise<void> {
    await Promise.all([...this.lanes.keys()].map(lane => lane.retire(this.graceMs)));
  }

  private idle(): [Lane, Session] | undefined {
    for (const entry of this.lanes) if (entry[0].state === 'idle') return entry;
    return undefined;
  }

  private async add(): Promise<[Lane, Session]> {
    let lane: Lane;
    try {
      lane = await Lane.start(this.shell, this.environment, this.cwd);
    } catch (error) {
      throw cannotStart(this.shell[0], this.cwd, error);
    }
    const session = this.watch.open(lane.pid, true);
    this.lanes.set(lane, session);
    lane.onDeath(() => {
      this.lanes.delete(lane);
      this.watch.close(session);
    });
    return [lane, session];
  }
}
