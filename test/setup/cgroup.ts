/** A cgroup with little memory, in which a test starts a worker, and whoever takes that memory from it. Needs root, as test machines have. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseStat } from '../../src/host/memory';
import { until } from './until';

const run = promisify(execFile);
const MB = 1024 ** 2;
const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

export interface TestCgroup {
  /** A shell line that puts the shell which runs it into the cgroup. */
  readonly enter: string;
  /** How many processes the kernel killed there for want of memory. */
  oomKills(): number;
  /** Highest use so far, bytes. */
  peak(): number;
  /** Somebody in it takes all but so many bytes, and keeps them until the answer is called. */
  occupyAllBut(bytes: number): Promise<() => Promise<void>>;
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
  const enter = `echo $$ > ${join(folder, 'cgroup.procs')}`;
  return {
    enter,
    oomKills: () => {
      const text = read(file('memory.oom_control', 'memory.events'));
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
    },
    peak: () => Number(read(file('memory.max_usage_in_bytes', 'memory.peak'))),
    async occupyAllBut(bytes) {
      const used = Number(read(file('memory.usage_in_bytes', 'memory.current')));
      const statistics = read(join(folder, 'memory.stat'));
      const cache = isVersion1
        ? ['total_inactive_file', 'total_active_file']
        : ['inactive_file', 'active_file'];
      const cached = cache.reduce((sum, field) => sum + parseStat(statistics, field), 0);
      // Where no more than that is left already, a neighbour takes nothing to speak of.
      return occupy(enter, Math.max(1, limitBytes - used + cached - bytes));
    },
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

/** A file in memory, which costs little to fill; what it holds counts for the cgroup of whoever filled it. */
async function occupy(enter: string, bytes: number): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-neighbour-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes + MB}`, 'tmpfs', folder]);
  await run('/bin/sh', ['-c', `${enter}; exec fallocate -l ${bytes} ${join(folder, 'all')}`]);
  return async () => {
    await run('umount', [folder]);
    await rmdir(folder);
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
