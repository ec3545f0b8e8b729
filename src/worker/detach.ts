/**
 * `--detach LOG`: a worker that outlives the connection which started it. The caller stays until the
 * worker has its name or has ended, and prints one line of JSON, so that whoever reads it needs no
 * other way to learn what became of it.
 */
import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a starting worker tells its starter. */
export type Begun =
  | {
      state: 'started';
      worker: string;
      queue: string;
      instance: string;
      pid: number;
      /** The folder where the output of its tasks goes. */
      output: string;
    }
  | { state: 'already_running'; worker: string };

type Outcome = Begun | { state: 'failed'; code: number | null; message: string };

/** Told by the worker itself; nobody listens when it was started in another way. */
export function tellStarter(begun: Begun): void {
  if (!process.send) return;
  process.send(begun, () => process.disconnect());
}

/** Starts this program again with these arguments, in a session of its own, and prints what became of it. */
export async function detach(args: readonly string[], log: string): Promise<void> {
  await mkdir(dirname(log), { recursive: true, mode: 0o700 });
  const output = await open(log, 'a+', 0o600);
  const { size } = await output.stat();
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
  });
  const outcome = await new Promise<Outcome>((resolve, reject) => {
    child.once('message', begun => resolve(begun as Begun));
    child.once('error', reject);
    child.once('exit', code => {
      void lastLine(output, size).then(
        message => resolve({ state: 'failed', code, message }),
        reject,
      );
    });
  });
  child.unref();
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

const LAST_LINE_BYTES = 4096;
/** What each line of a worker's log begins with. */
const LOG_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

async function lastLine(file: Awaited<ReturnType<typeof open>>, from: number): Promise<string> {
  const { size } = await file.stat();
  const position = Math.max(from, size - LAST_LINE_BYTES);
  const { buffer, bytesRead } = await file.read({
    buffer: Buffer.alloc(LAST_LINE_BYTES),
    position,
  });
  const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
  return (lines.at(-1) ?? '').replace(LOG_TIME, '');
}
