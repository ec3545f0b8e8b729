import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { taskEnvironment } from './environment';
import type { AttemptSpec, ExecutorOptions } from './executor';
import { whyNotWritable } from './outputFolder';
import { attemptKey } from './ownership';
import type { ProcessWatch } from './processWatch';
import { cannotStart } from './startError';
import { type Ended, type Launched, type Launcher, Supervisor } from './supervisor';

const SHELL = '/bin/sh';
/** What a shell answers when the system refuses to run a program. */
const CANNOT_RUN = 126;

/** Runs attempts without lanes: one spawn each, in a session of its own. */
export class SpawnExecutor extends Supervisor {
  protected readonly launcher: Launcher;

  constructor(options: ExecutorOptions) {
    super(options);
    this.launcher = new Spawner(this.watch, options);
  }
}

class Spawner implements Launcher {
  private readonly environment: NodeJS.ProcessEnv;
  private readonly cwd: string;

  constructor(
    private readonly watch: ProcessWatch,
    options: ExecutorOptions,
  ) {
    this.environment = taskEnvironment(options.environment ?? process.env, options.instance);
    this.cwd = options.cwd;
  }

  async launch(spec: AttemptSpec): Promise<Launched> {
    const [out, err] = await openOutput(spec.outputBase);
    try {
      return await this.start(spec, out, err);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'E2BIG') {
        // The task's fault, as a lane would say it; given back, it would come again for ever.
        await err.write(`${SHELL}: Argument list too long\n`);
        const begunAt = performance.now();
        return { begunAt, ended: Promise.resolve({ status: CANNOT_RUN }) };
      }
      await rm(`${spec.outputBase}.err`, { force: true });
      throw cannotStart(SHELL, this.cwd, error);
    } finally {
      await Promise.all([out.close(), err.close()]);
    }
  }

  async close(): Promise<void> {}

  private async start(spec: AttemptSpec, out: FileHandle, err: FileHandle): Promise<Launched> {
    const begunAt = performance.now();
    const child = spawn(SHELL, ['-c', '--', spec.command], {
      cwd: this.cwd,
      env: {
        ...this.environment,
        DISTCOMP_TASK_ID: spec.taskId,
        DISTCOMP_WORKER: spec.worker,
        DISTCOMP_ATTEMPT: String(spec.attempt),
      },
      detached: true,
      stdio: ['ignore', out.fd, err.fd],
    });
    if (child.pid === undefined) throw await failure(child);
    // In the same turn: until then even an ended child has not been waited for, and its start can be read.
    const session = this.watch.open(child.pid, false, attemptKey(spec));
    const ended = new Promise<Ended>(resolve => {
      child.on('exit', (code, signal) => {
        this.watch.close(session);
        resolve(signal === null ? { status: code ?? 0 } : { signal });
      });
    });
    return { session, begunAt, ended };
  }
}

/** Of a child that has no pid. */
async function failure(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, 'error');
  return error;
}

/** As a lane opens them: output from the start, errors appended. */
async function openOutput(outputBase: string): Promise<[out: FileHandle, err: FileHandle]> {
  let out: FileHandle | undefined;
  try {
    out = await open(`${outputBase}.out`, 'w');
    return [out, await open(`${outputBase}.err`, 'a')];
  } catch {
    await out?.close();
    throw new Error(await whyNotWritable(outputBase));
  }
}
