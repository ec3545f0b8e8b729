import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedRedis, findEmbeddedRedis } from '../../src/cluster/embedded';
import { connect } from '../../src/queue/connection';
import { parseHolder } from '../../src/queue/membership';
import { isAlive, signalAll } from '../setup/processes';
import { until } from '../setup/until';
import { whenRestored } from '../vscode/runner/browser.mjs';
import { startWorkbench, type Workbench } from './workbench';

/** Longer than all that is done while it runs may take. */
const LONG = 'shell:1:0:0:sleep 3600';
const PATIENT = { timeoutMs: 120_000 };
const MACHINE = { 'distcomp.local.lanes': 3, 'distcomp.local.resultFolder': 'outputs' };

let workspace: string;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-local-'));
  await writeFile(join(workspace, 'long.tasks'), `${LONG}\n`);
  workbench = await startWorkbench({ workspace, machineSettings: MACHINE });
});
afterAll(async () => {
  // The local cluster outlives the window, unless a test stopped it.
  if (await findLocalRedis()) await stopNow();
  await workbench?.close();
  await rm(workspace, { recursive: true, force: true });
});

describe('the local cluster', () => {
  let pids: number[];

  it('is offered to who submits without a queue, and then gets the tasks', async () => {
    await workbench.openFile(join(workspace, 'long.tasks'));
    await workbench.runCommand('DistComp: Submit Tasks');
    await workbench.answerNotice('No queue is connected', 'Start Local Cluster');
    await workbench.notice('1 task added');
    await until(async () => (await inProgress()).includes(LONG), PATIENT);
    await until(async () => (await workerPids()).length === 2, {
      describe: 'both workers to register',
    });
    pids = await workerPids();
  });

  it('runs as many tasks at a time, and leaves their output where the settings say', async () => {
    const lanes = async () =>
      Object.values(await read('distcomp:workers')).map(text => JSON.parse(text).lanes);
    await until(async () => String(await lanes()) === '3,3', {
      ...PATIENT,
      describe: async () => `three lanes each, now ${await lanes()}`,
    });
    // Of the task that runs; a relative folder begins at the one that is open.
    const outputs = () => readdir(join(workspace, 'outputs'), { recursive: true });
    await until(async () => (await outputs()).some(name => name.endsWith('.out')), PATIENT);
  });

  it('lives through a reload of the window, which finds it again', async () => {
    await workbench.page.reload();
    await whenRestored(workbench.page);
    await workbench.showContainer('DistComp');
    await until(async () => (await label()) === 'Local cluster live', PATIENT);
    expect(await workerPids()).toEqual(pids);
    expect(pids.every(isAlive)).toBe(true);
  });

  it('is shared by a second window of the folder, and goes on when that one is closed', async () => {
    const other = await workbench.another();
    await other.showContainer('DistComp');
    await until(async () => (await label(other)) === 'Local cluster live', PATIENT);
    await until(async () => (await windows()).length >= 2, PATIENT);
    await other.screenshot('local-second-window-dark');
    expect(await workerPids()).toEqual(pids);
    await other.close();
    expect(await label()).toBe('Local cluster live');
    expect(pids.every(isAlive)).toBe(true);
    expect(await inProgress()).toEqual([LONG]);
  });

  it('takes changed settings over without a restart', async () => {
    await setMachine({ 'distcomp.workers.prefetch': 0 });
    const prefetch = async () =>
      Object.values(await read('distcomp:workers')).map(text => JSON.parse(text).switches.prefetch);
    await until(async () => String(await prefetch()) === '0,0', {
      ...PATIENT,
      describe: async () => `both workers to prefetch nothing, now ${await prefetch()}`,
    });
    expect(await workerPids()).toEqual(pids);
    expect(await inProgress()).toEqual([LONG]);
  });

  it('asks before it stops what runs, and goes on when that is declined', async () => {
    await workbench.runCommand('DistComp: Stop Local Cluster');
    const said = await workbench.answerDialog('Cancel');
    expect(said).toContain('Stop the local cluster while 1 task is in progress?');
    expect(await inProgress()).toEqual([LONG]);
    expect(pids.every(isAlive)).toBe(true);
  });

  it('ends all of its processes when it is stopped', async () => {
    const redis = await findLocalRedis();
    await stopNow();
    const processes = [...pids, redis?.pid ?? 0];
    await until(() => !processes.some(isAlive), {
      ...PATIENT,
      describe: () => `these to end: ${described(processes.filter(isAlive))}`,
    });
    await until(async () => (await workbench.tree('Queues').welcome()).includes('Connect'));
  });

  it('has its tasks again when it is started again', async () => {
    await workbench.tree('Queues').clickWelcome('Start Local Cluster');
    await until(async () => (await inProgress()).includes(LONG), PATIENT);
  });

  it('goes on without a window when the settings say so, and tells the next one since when', async () => {
    await setMachine({ 'distcomp.local.atQuit': 'keep' });
    await until(async () => (await windows()).some(({ atQuit }) => atQuit === 'keep'), PATIENT);
    // One that was killed stands in the registry until the next one takes its name.
    const before = await until(async () => {
      const found = await workerPids();
      return found.length === 2 && found.every(isAlive) && found;
    }, PATIENT);
    const address = workbench.page.url();
    const redis = await findLocalRedis();
    await crash();
    // A minute: a window that is only reloaded is back by then.
    await until(() => existsSync(join(redis?.folder ?? '', 'left.json')), PATIENT);
    expect(await workerPids()).toEqual(before);
    expect([...before, redis?.pid ?? 0].every(isAlive)).toBe(true);
    await workbench.page.goto(address);
    await whenRestored(workbench.page);
    expect(await workbench.notice('has run on without a window since')).toMatch(
      /^The local cluster of this folder has run on without a window since \d\d:\d\d/,
    );
    await workbench.screenshot('local-kept-dark');
    await workbench.showContainer('DistComp');
    await until(async () => (await label()) === 'Local cluster live', PATIENT);
    expect(await workerPids()).toEqual(before);
    await setMachine({ 'distcomp.local.atQuit': 'stop' });
    await until(async () => (await windows()).every(({ atQuit }) => atQuit === 'stop'), PATIENT);
  });

  it('ends after its window has crashed and did not come back', async () => {
    const redis = await findLocalRedis();
    const processes = [...(await workerPids()), redis?.pid ?? 0];
    expect(processes.every(isAlive)).toBe(true);
    await crash();
    await until(() => !processes.some(isAlive), {
      ...PATIENT,
      describe: () => `these to end: ${described(processes.filter(isAlive))}`,
    });
    expect(await findLocalRedis()).toBeUndefined();
  });
});

async function stopNow(): Promise<void> {
  await workbench.runCommand('DistComp: Stop Local Cluster');
  await workbench.answerDialog('Stop Now');
  await until(async () => !(await findLocalRedis()), PATIENT);
}

/** They are of the machine: a browser's own settings do not count for a server. */
async function setMachine(settings: Record<string, unknown>): Promise<void> {
  const machine = join(workbench.userData, 'Machine');
  await mkdir(machine, { recursive: true });
  await writeFile(join(machine, 'settings.json'), JSON.stringify({ ...MACHINE, ...settings }));
}

/** The windows that live, by what each has written: the process, and what it wants at its end. */
async function windows(): Promise<{ pid: number; atQuit: string }[]> {
  const folder = (await findLocalRedis())?.folder ?? '';
  const names = (await readdir(folder)).filter(name => /^window-\d+\.json$/.test(name));
  const found = await Promise.all(
    names.map(async name => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
  return found
    .map(({ process, atQuit }) => ({ pid: process.pid, atQuit }))
    .filter(({ pid }) => isAlive(pid));
}

/** As a crash of the extension host, of every window. A page that is there would start another one. */
async function crash(): Promise<void> {
  const hosts = (await windows()).map(({ pid }) => pid);
  expect(hosts.length).toBeGreaterThan(0);
  await workbench.page.goto('about:blank');
  signalAll(hosts, 'SIGKILL');
}

async function label(window = workbench): Promise<string> {
  const [connection] = await window.tree('Queues').rows();
  return `${connection?.label} ${connection?.description}`;
}

const inProgress = async () => Object.keys(await read('in_progress_tasks'));

async function workerPids(): Promise<number[]> {
  const holders = Object.values(await read('distcomp:registry')).map(parseHolder);
  return holders.map(holder => holder?.pid ?? 0).sort();
}

/** What a hash of the local cluster's Redis holds. */
async function read(key: string): Promise<Record<string, string>> {
  const local = await findLocalRedis();
  if (!local) throw new Error('no local Redis runs');
  const redis = await connect(local.address, 'test');
  try {
    return await redis.hgetall(key);
  } finally {
    redis.disconnect();
  }
}

async function findLocalRedis(): Promise<EmbeddedRedis | undefined> {
  const storage = join(workbench.userData, 'User', 'globalStorage', 'distcomp.distcomp', 'local');
  const [folder] = await readdir(storage).catch(() => []);
  return folder === undefined ? undefined : findEmbeddedRedis(join(storage, folder));
}

/** What the system knows of processes, for a person. */
function described(pids: readonly number[]): string {
  const fields = 'pid=,ppid=,stat=,etimes=,args=';
  return spawnSync('ps', ['-o', fields, '-p', pids.join(',')], { encoding: 'utf8' }).stdout;
}
