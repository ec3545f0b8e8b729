/**
 * One fault each, at the worst moment for one rule: without the rule a drill goes wrong, whatever the machine's
 * speed. It is played like any run, by real workers, and judged by the same judge.
 */
import { writeFile } from 'node:fs/promises';
import { cancel } from '../../src/queue/cancel';
import { retry } from '../../src/queue/retry';
import { states } from '../../src/queue/states';
import { workers } from '../../src/queue/workers';
import { until } from '../setup/until';
import { readLedger } from './ledger';
import { nothingRuns } from './play';
import type { Scene, SceneOptions } from './scene';
import { idOf } from './tasks';

export interface Drill {
  /** The rule that it needs. */
  readonly rule: string;
  readonly scene: SceneOptions;
  /** What takes the rule out of the worker's sources. */
  readonly without: Readonly<Record<string, string>>;
  /** What is wrong then. */
  readonly tells: RegExp;
  /** @param patienceMs how long what must happen may take */
  play(scene: Scene, patienceMs: number): Promise<void>;
}

/** A worker of one lane that hears of nothing before it asks, and whose next heartbeat nobody lives to see. */
const ALONE = {
  max_task_per_worker: 1,
  prefetch: 0,
  wakeup: false,
  health_report_interval: 300,
  worker_dead_seconds: 3000,
};

export const DRILLS: readonly Drill[] = [
  {
    rule: 'the token: a report counts only with the claim it is for',
    scene: { workers: 2, conf: ALONE },
    without: { 'claim == token_of(an_end)': 'true' },
    tells: /in progress with .* no claim|claimed with undefined/,
    play: lateFailure,
  },
  {
    rule: 'the seq: a call that comes late changes nothing',
    scene: { workers: 1, conf: ALONE },
    without: { 'if number < last then': 'if false then' },
    tells: /by a late call, and nobody runs it/,
    play: lateClaim,
  },
  {
    rule: 'the guard: what a killed worker ran is ended',
    scene: { workers: 1 },
    without: { '&& anything_left; do': '&& false; do' },
    tells: /still runs, though its worker has ended/,
    play: killed,
  },
  {
    rule: 'five looks: a worker that is silent for less is not lost',
    scene: { workers: 2 },
    without: { 'return looks >= LOOKS_TO_LOSE': 'return looks >= 1' },
    tells: /found lost, though nothing had happened/,
    play: silentForTwoLooks,
  },
];

/** A task is taken from its worker, which does not know yet, and given to another; then the first one fails. */
async function lateFailure(scene: Scene): Promise<void> {
  const { queue } = scene;
  await scene.ready();
  const [line = ''] = scene.newTasks('gate', 1);
  await scene.submit([line]);
  await begun(scene, line, 1);
  const end = scene.excuses.begin({ why: 'it was cancelled', ids: new Set([idOf(line)]) });
  await cancel(queue, [line]);
  await retry(queue, [line]);
  await begun(scene, line, 2);
  end();
  const before = await lastCalls(scene);
  await openGate(scene, line, 1, 3);
  await until(async () => (await lastCalls(scene)).some((last, i) => last > (before[i] ?? 0)), {
    describe: 'the first one to report',
  });
  await scene.judge.look();
  await openGate(scene, line, 2, 0);
}

/** A claim comes late, when its sender has asked again and is full: what it brought nobody would run. */
async function lateClaim(scene: Scene): Promise<void> {
  await scene.ready();
  const [first = 0] = await lastCalls(scene);
  const arrive = await scene.slot(1).way.holdRequest('"buffer_memory"');
  await until(async () => ((await lastCalls(scene))[0] ?? 0) > first, {
    describe: 'the call to be sent again',
  });
  const [runs = '', waits = ''] = [...scene.newTasks('gate', 1), ...scene.newTasks('quick', 1)];
  await scene.submit([runs]);
  await begun(scene, runs, 1);
  await scene.submit([waits]);
  await arrive();
  const [state] = await states(scene.queue, [waits]);
  if (state !== 'todo') scene.judge.say(`${state} by a late call, and nobody runs it: ${waits}`);
  await openGate(scene, runs, 1, 0);
}

/** A worker is killed and does not come back; nothing that it ran may live on. */
async function killed(scene: Scene, patienceMs: number): Promise<void> {
  const [line = ''] = scene.newTasks('gate', 1);
  await scene.submit([line]);
  await begun(scene, line, 1);
  await scene.slot(1).end('SIGKILL');
  await nothingRuns(scene, patienceMs);
  await openGate(scene, line, 1, 0);
  await openGate(scene, line, 2, 0);
  // Of the same name, so it need not wait until the first one is found lost.
  await scene.addWorker(1);
}

/** Silent for two looks, which is no reason to be lost. */
async function silentForTwoLooks(scene: Scene): Promise<void> {
  await scene.ready();
  const { worker, name } = scene.slot(1);
  worker?.signal('SIGSTOP');
  const looks = async () =>
    (await workers(scene.queue)).find(found => found.name === name)?.looksWithoutChange;
  // Undefined: it is not among the workers any more.
  await until(async () => ((await looks()) ?? 2) >= 2, { describe: 'two looks at it' });
  worker?.signal('SIGCONT');
  await scene.judge.look();
}

/** Resolves when the task has begun so many times. */
export async function begun(scene: Scene, line: string, times: number): Promise<void> {
  await until(async () => (await readLedger(scene.ledgerPath)).get(idOf(line))?.length === times, {
    describe: `${line} to begin ${times} times`,
  });
}

/** Numbers of the last calls of the workers that Redis answered, by name. */
async function lastCalls({ queue }: Scene): Promise<number[]> {
  const found = (await workers(queue)).map(async ({ instance }) => {
    return Number(await queue.redis.get(`${queue.keys.prefix}last:${instance}`));
  });
  return Promise.all(found);
}

/** The attempt with this number ends with this status. */
export async function openGate(
  scene: Scene,
  line: string,
  attempt: number,
  status: number,
): Promise<void> {
  await writeFile(`${scene.ledgerPath}.${idOf(line)}.${attempt}`, `${status}\n`);
}
