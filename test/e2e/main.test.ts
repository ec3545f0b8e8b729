import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEmbeddedRedis } from '../../src/cluster/embedded';
import { parseAttempts } from '../../src/queue/attempt';
import { connect } from '../../src/queue/connection';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

const examples = join(import.meta.dirname, '..', '..', 'examples');
const PATIENT = { timeoutMs: 150_000 };
/** One of the last tasks, which does not fail, waits for a file: however fast they are, one sees them run. */
const WAITING = `import os, sys, time
while sys.argv[1:] == '--rate 0.001 --hidden 32 --seed 1'.split() and not os.path.exists('go'):
    time.sleep(0.05)
`;

let workspace: string;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-sweep-'));
  await cp(examples, workspace, { recursive: true });
  const program = join(workspace, 'train.py');
  await writeFile(program, WAITING + (await readFile(program, 'utf8')));
  workbench = await startWorkbench({ workspace });
});
afterAll(async () => {
  const local = await localRedis();
  await local.stop();
  await workbench.close();
  await rm(workspace, { recursive: true, force: true });
});

describe('a person with a task file and nothing else', () => {
  let redis: Redis;
  let failed: string[];

  it('starts a local cluster from the empty view', async () => {
    await workbench.showContainer('DistComp');
    const tree = workbench.tree('Queues');
    await until(async () => (await tree.welcome()).includes('Start Local Cluster'));
    await workbench.screenshot('welcome-dark');
    await tree.clickWelcome('Start Local Cluster');
    await until(async () => (await tree.welcome()).includes('The queue is empty'), PATIENT);
    redis = await connectToLocalCluster();
    await until(async () => (await redis.hlen('distcomp:registry')) === 2, {
      describe: 'two workers to register',
    });
  });

  it('submits the example by the palette and watches the tree until it has ended', async () => {
    await workbench.openFile(join(workspace, 'sweep.tasks'));
    const seen = new Set([await countOf('Finished')]);
    await workbench.runCommand('DistComp: Submit Tasks');
    expect(await workbench.notice('tasks added')).toContain('45 tasks added');
    await until(
      async () => {
        const finished = await countOf('Finished');
        seen.add(finished);
        if (seen.size === 2) await workbench.screenshot('running-dark');
        if (Number(finished) > 0) await writeFile(join(workspace, 'go'), '');
        return finished !== '' && Number(finished) === 45 - Number(await countOf('Failed'));
      },
      { timeoutMs: 170_000, describe: 'all 45 tasks to end' },
    );
    // It counted up while one looked, and ends with what Redis says.
    expect(seen.size).toBeGreaterThan(2);
    expect(Number(await countOf('Finished'))).toBe(await redis.hlen('finished_tasks'));
    failed = Object.keys(await redis.hgetall('failed_tasks'));
    expect(Number(await countOf('Failed'))).toBe(failed.length);
    expect(failed.length).toBeGreaterThan(3);
    await workbench.screenshot('ended-dark');
  });

  it('reads what a failed task printed', async () => {
    const [line = ''] = failed;
    await workbench.tree('Queues').expand('Failed');
    await workbench.tree('Queues').contextMenu([labelOf(line)], 'Show Output');
    await until(async () => (await workbench.editorText()).includes('ValueError'));
    expect(await workbench.editorText()).toContain('exit 1');
    await workbench.screenshot('output-dark');
  });

  it('retries three selected failures by right-click, and exactly those run again', async () => {
    const before = await attemptsOf(failed);
    const chosen = failed.slice(0, 3);
    await workbench.tree('Queues').contextMenu(chosen.map(labelOf), 'Retry');
    await until(
      async () => {
        const now = await attemptsOf(failed);
        return chosen.every((_, i) => now[i] === 2 * (before[i] ?? 0));
      },
      { ...PATIENT, describe: 'all attempts of the three' },
    );
    await until(async () => Number(await countOf('Failed')) === failed.length, PATIENT);
    const after = await attemptsOf(failed);
    expect(after.slice(3)).toEqual(before.slice(3));
  });
});

const labelOf = (line: string) => `… ${line.slice(line.indexOf('--rate'))}`;

/** What stands after the name of a state in the tree. */
async function countOf(state: string): Promise<string> {
  const rows = await workbench.tree('Queues').rows();
  return rows.find(row => row.label === state)?.description.split(' ')[0] ?? '';
}

async function attemptsOf(lines: readonly string[]): Promise<number[]> {
  const redis = await connectToLocalCluster();
  try {
    const records = await redis.hmget('distcomp:attempts', ...lines);
    return records.map(text => parseAttempts(text ?? '').length);
  } finally {
    redis.disconnect();
  }
}

async function connectToLocalCluster(): Promise<Redis> {
  return connect((await localRedis()).address, 'test');
}

async function localRedis() {
  const storage = join(workbench.userData, 'User', 'globalStorage', 'distcomp.distcomp');
  const folder = join(storage, 'local');
  const [name = ''] = await readdir(folder);
  return until(() => findEmbeddedRedis(join(folder, name)));
}
