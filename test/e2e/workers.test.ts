import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { Actor } from '../setup/actor';
import { OriginalWorker } from '../setup/original/worker';
import { startRedis, type TestRedis } from '../setup/redis';
import { until } from '../setup/until';
import { startWorker, type TestWorker } from '../setup/workers';
import { startWorkbench, type Workbench } from './workbench';

let workspace: string;
let server: TestRedis;
let redis: Redis;
let queue: Queue;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-workers-'));
  server = await startRedis();
  redis = server.client();
  queue = new Queue(redis, 'default');
  workbench = await startWorkbench({ workspace });
  await workbench.showContainer('DistComp');
  await workbench.runCommand('DistComp: Connect to Redis…');
  await workbench.type('Address', `127.0.0.1:${server.port}`);
  await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'));
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

/** What the view says of a worker: the whole of its description. */
const says = async (name: string) => (await rowOf(name))?.description;
const rowOf = async (label: string) =>
  (await workbench.tree('Workers').rows()).find(row => row.label === label);
const described = (name: string, what: RegExp) =>
  until(async () => what.exec((await says(name)) ?? ''), {
    describe: async () => `${name} to be ${what}, now ${await says(name)}`,
  });
const namesOf = async (pid: number) => {
  const holders = Object.entries(await redis.hgetall(queue.keys.registry));
  return holders.filter(([, holder]) => holder.split(' ')[3] === String(pid)).map(([name]) => name);
};
const gated = (gate: string, n: number) => `until [ -e ${gate} ]; do sleep 0.05; done; echo ${n}`;

describe('the Workers view', () => {
  it('says how to start a worker where there is none', async () => {
    const welcome = () => workbench.tree('Workers').welcome();
    await until(async () => (await welcome()).includes('No worker is running on this queue.'));
    expect(await welcome()).toContain('Start Worker on This Machine');
    await workbench.screenshot('workers-none-dark');
  });

  it('shows workers with what they run and have, one that drains, one that is lost, and an original', async () => {
    const gate = join(workspace, 'gate');
    await submit(
      queue,
      [1, 2, 3, 4].map(n => `shell:9:0:0:${gated(gate, n)}`),
    );
    const first = await real();
    const second = await real();
    const [firstName = ''] = await until(async () => await namesOf(first.pid));
    const [secondName = ''] = await until(async () => await namesOf(second.pid));
    await described(firstName, /^2 of 2 lanes · [\d.,]+ of [\d.,]+ GB · .*[\d.]+ of \d+ cores?$/);
    await described(secondName, /^2 of 2 lanes · /);
    await submit(
      queue,
      [1, 2, 3, 4].map(n => `shell:5:0:0:./train --seed ${n}`),
    );
    const actor = await beating('node5~1', 4);
    const original = await running('cloud3', workspace);
    try {
      await described('cloud3', /^original · 1 running · 0 of 256 GB · 0 of 64 cores$/);
      const tree = workbench.tree('Workers');
      await tree.expand(firstName);
      await until(async () => (await childrenOf(firstName)).length === 2);
      for (const { label, description } of await childrenOf(firstName)) {
        // Without the beginning that their commands have in common.
        expect(label).toMatch(/^… [1-4]$/);
        expect(description).toMatch(/^\d+ (s|min)/);
      }
      await tree.expand('node5~1');
      await tree.expand('2 buffered');
      await workbench.screenshot('workers-tasks-dark');
      await tree.clickInline(firstName, 'Drain Worker');
      const asked = await workbench.answerDialog('Cancel');
      expect(asked).toContain(`Drain ${firstName}?`);
      expect(asked).toContain('This cannot be undone');
      expect(await redis.exists(queue.keys.draining)).toBe(0);
      await tree.contextMenu([firstName], 'Drain Worker');
      await workbench.answerDialog('Drain');
      await described(firstName, /^draining · 2 of 2 lanes · /);
      expect(await redis.smembers(queue.keys.draining)).toEqual([firstName]);
      second.signal('SIGKILL');
      await second.ended;
      await lookedAtFourTimes(secondName);
      // By one look of the other worker.
      await described(secondName, /^lost since \d\d:\d\d$/);
      expect((await rowOf(secondName))?.expanded).toBeUndefined();
      expect(await redis.hexists(queue.keys.registry, secondName)).toBe(0);
      await workbench.screenshotInThemes('workers');
      expect(await tree.contextMenuItems([secondName])).toEqual(['Copy Worker Name']);
      await tree.contextMenu([secondName], 'Copy Worker Name');
      await until(async () => (await workbench.clipboard()) === secondName);
      await tree.contextMenu(['cloud3'], 'Recover Lost Workers');
      await takeBackFromOriginal(original);
      await writeFile(gate, '');
      expect(await first.ended).toEqual({ code: 0, signal: null });
      await until(async () => (await rowOf(firstName)) === undefined);
    } finally {
      original.stop();
      actor.stop();
    }
  });

  it('marks the worker on a broken host, in words that stand first', async () => {
    await redis.flushall();
    const conf = { redis_url: server.url, max_retry_per_task: 1 };
    const broken = await startWorker({ conf, environment: { BROKEN: 'yes' } });
    const [brokenName = ''] = await until(async () => await namesOf(broken.pid));
    const whole = await startWorker({ conf });
    const [wholeName = ''] = await until(async () => await namesOf(whole.pid));
    let batch = 0;
    const more = () => {
      batch++;
      const commands = Array.from({ length: 20 }, (_, n) => `test -z "$BROKEN" # ${batch} ${n}`);
      return submit(
        queue,
        commands.map(command => `shell:1:0:0:${command}`),
      );
    };
    await until(
      async () => {
        await more();
        return /^fails \d+ of \d+ · \d of 4 lanes · /.test((await says(brokenName)) ?? '');
      },
      { describe: async () => `it to be marked, now ${await says(brokenName)}` },
    );
    expect(await says(wholeName)).toMatch(/^\d of 4 lanes · /);
    await workbench.screenshot('workers-outlier-dark');
    expect(await workbench.tree('Workers').tooltipOf(wholeName, 'on average')).toMatch(
      /0 of the last \d+ failed · [\d.]+ (ms|s) each on average/,
    );
    expect(await workbench.tree('Workers').tooltipOf(brokenName, 'fails ')).toMatch(
      /(\d+) of the last \1 failed/,
    );
    await workbench.screenshot('workers-outlier-tooltip-dark');
  });

  it('drains those that are selected, though one of them has ended by the answer', async () => {
    await redis.flushall();
    const actors = [];
    for (const name of ['a~1', 'b~1', 'c~1']) actors.push(await beating(name, 0));
    try {
      await described('c~1', /lanes/);
      await workbench.tree('Workers').contextMenu(['a~1', 'b~1'], 'Drain Worker');
      await workbench.page.locator('.monaco-dialog-box').waitFor();
      await workbench.screenshot('drain-dark');
      await actors[0]?.leave();
      expect(await workbench.answerDialog('Drain')).toContain('Drain 2 workers?');
      await until(async () => (await redis.exists(queue.keys.draining)) === 1);
      expect(await redis.smembers(queue.keys.draining)).toEqual(['b~1']);
    } finally {
      for (const actor of actors) actor.stop();
    }
  });

  it('takes back what a silent worker held when it is asked to', async () => {
    await redis.flushall();
    await submit(queue, ['shell:1:0:0:echo 1', 'shell:1:0:0:echo 2']);
    const gone = await Actor.start(queue, 'node4~1');
    await gone.claim(2);
    const [seconds] = await redis.time();
    await redis.hset('worker_status', 'node4~1', `${Number(seconds) - 31}:1.00:8:3.25:64`);
    // It is silent for as much longer as the view takes to show it.
    await described('node4~1', /^no heartbeat for (3[1-9] s|[45]\d s|\d+ min( \d+ s)?) · /);
    await lookedAtFourTimes('node4~1');
    await workbench.tree('Workers').clickInline('node4~1', 'Recover Lost Workers');
    const said = await workbench.notice('has not answered for');
    expect(said).toMatch(
      /^node4~1 has not answered for (\d+ s|\d+ min( \d+ s)?)\. Its 2 tasks went back to the queue\./,
    );
    expect(await redis.hlen('todo_tasks')).toBe(2);
    await described('node4~1', /^lost since \d\d:\d\d$/);
  });
});

describe('Why Is It Waiting?', () => {
  it('says from the palette, by keyboard alone, what a task waits for and what each worker lacks', async () => {
    await redis.flushall();
    await submit(queue, ['shell:1:900:0:./big --everything']);
    const actor = await beating('node7~1', 0);
    try {
      await described('node7~1', /lanes/);
      await workbench.runCommand('DistComp: Why Is It Waiting?');
      await until(async () => (await workbench.pickItems()).includes('./big --everything'));
      await workbench.page.keyboard.press('Enter');
      const items = await until(async () => {
        const found = await workbench.pickItems();
        return found.some(item => item.includes('900 GB')) && found;
      });
      expect(items[0]?.trim()).toBe(
        'Needs 900 GB; the largest worker has 32 GB for tasks (node7~1)',
      );
      expect(items).toContain('node7~1');
      await workbench.screenshot('why-waiting');
      await workbench.pick('Show Workers');
      const header = workbench.page.locator('.pane-header[aria-label^="Workers"]');
      const pane = workbench.page.locator('.pane', { has: header });
      await until(async () => (await pane.locator(':focus').count()) > 0, {
        describe: 'the view to have the keyboard',
      });
    } finally {
      actor.stop();
    }
  });
});

/** Those whose heartbeats come from this process may be late by more than a few seconds, and are not lost. */
const real = (): Promise<TestWorker> =>
  startWorker({ conf: { redis_url: server.url, max_task_per_worker: 2, worker_dead_seconds: 30 } });

/** The others who looked found nothing new: with the next look it is lost. */
async function lookedAtFourTimes(name: string): Promise<void> {
  const beat = await redis.hget('worker_status', name);
  await redis.hset(queue.keys.seen, name, `4:1700000000000:${beat}`);
}

interface Beating {
  stop(): void;
  /** Ends as a worker does. */
  leave(): Promise<void>;
}

/** A worker by protocol alone, alive. Of four tasks two run, and two are buffered. */
async function beating(name: string, tasks: 0 | 4): Promise<Beating> {
  const actor = await Actor.start(queue, name, { lanes: 2, capacityGb: 32 });
  if (tasks > 0) await actor.claim(2, { buffer: 2 });
  let beats = Promise.resolve();
  const timer = setInterval(() => {
    beats = beats
      .then(() => actor.renew())
      .then(async answer => {
        // It looks after nobody: that is left to those that do.
        if ('onDuty' in answer && answer.onDuty) await redis.del(`${queue.keys.prefix}duty`);
      })
      .then(
        () => undefined,
        () => undefined,
      );
  }, 500);
  const stop = () => clearInterval(timer);
  const leave = async () => {
    stop();
    await beats;
    await actor.leave();
  };
  return { stop, leave };
}

/** An original that runs one task which does not end, in real time and with real shells. */
async function running(name: string, folder: string): Promise<OriginalWorker> {
  const original = new OriginalWorker(redis, name, { secondMs: 100 });
  const line = `shell:1:0:0:until [ -e ${join(folder, 'never')} ]; do sleep 0.05; done`;
  await redis.hset('todo_tasks', line, '');
  original.run().catch(() => undefined);
  await until(async () => (await redis.hget('in_progress_tasks', line)) === name);
  return original;
}

/** Its heartbeat goes on: only after a question, and not when that is refused. */
async function takeBackFromOriginal(original: OriginalWorker): Promise<void> {
  const mine = async () =>
    Object.values(await redis.hgetall('in_progress_tasks')).filter(name => name === 'cloud3')
      .length;
  await workbench.answerNotice('cloud3 is alive', 'Take Back Its Tasks…');
  expect(await workbench.answerDialog('Cancel')).toContain('they run twice');
  expect(await mine()).toBeGreaterThan(0);
  // It takes nothing more, and looks alive.
  original.main.kill();
  const alive = async () =>
    (await workbench.notices()).filter(text => text.includes('cloud3 is alive')).length;
  const before = await alive();
  await workbench.tree('Workers').contextMenu(['cloud3'], 'Recover Lost Workers');
  await until(async () => (await alive()) > before, { describe: 'it said again' });
  await workbench.answerNotice('cloud3 is alive', 'Take Back Its Tasks…');
  await workbench.answerDialog('Take Back');
  await workbench.notice('of cloud3 went back to the queue.');
  await until(async () => (await mine()) === 0);
}

async function childrenOf(name: string) {
  const rows = await workbench.tree('Workers').rows();
  const start = rows.findIndex(row => row.label === name);
  const end = rows.findIndex((row, i) => i > start && row.level === 1);
  return rows.slice(start + 1, end < 0 ? undefined : end);
}
