/** A cgroup with little memory, in which a test starts a worker. Needs root, as test machines have. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until';

const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

export interface TestCgroup {
  /** A shell line that puts the shell which runs it into the cgroup. */
  readonly enter: string;
  /** How many processes the kernel killed there for want of memory. */
  oomKills(): number;
  /** Highest use so far, bytes. */
  peak(): number;
  /** Kills what is left in it, and removes it. */
  remove(): Promise<void>;
}

export function memoryCgroup(name: string, limitBytes: number): TestCgroup {
  const isVersion1 = existsSync(join(VERSION_1, 'memory.limit_in_bytes'));
  const folder = join(isVersion1 ? VERSION_1 : VERSION_2, name);
  if (!isVersion1) execFileSync('sh', ['-c', `echo +memory > ${VERSION_2}/cgroup.subtree_control`]);
  mkdirSync(folder, { recursive: true });
  const file = (one: string, two: string) => join(folder, isVersion1 ? one : two);
  writeFileSync(file('memory.limit_in_bytes', 'memory.max'), String(limitBytes));
  const read = (path: string) => readFileSync(path, 'utf8');
  return {
    enter: `echo $$ > ${join(folder, 'cgroup.procs')}`,
    oomKills: () => {
      const text = read(file('memory.oom_control', 'memory.events'));
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
    },
    peak: () => Number(read(file('memory.max_usage_in_bytes', 'memory.peak'))),
    async remove() {
      const processes = () => read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean);
      await until(
        () => {
          const left = processes();
          for (const pid of left) kill(Number(pid));
          return left.length === 0;
        },
        { describe: () => `the processes of the cgroup to end: ${processes()}` },
      );
      rmdirSync(folder);
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
