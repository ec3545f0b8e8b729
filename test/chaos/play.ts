/** Plays a schedule of faults while tasks run, ends everything, and judges. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { open } from '../../src/queue/close';
import { counts } from '../../src/queue/counts';
import { resume } from '../../src/queue/pause';
import { tally } from '../../src/queue/tally';
import { until } from '../setup/until';
import { type Random, seeded } from '../unit/worker/simulation/random';
import type { Fault } from './fault';
import { readLedger } from './ledger';
import type { Scene } from './scene';
import type { Strike } from './schedule';
import { type Played, type Verdict, verdict } from './verdict';

/** So many tasks wait at least, and so many come at a time. */
const LEAST_TODO = 30;
const BATCH = 25;
const FEED_EVERY_MS = 400;
/** No end of a task for so long, with nothing wrong any more, is a queue that stands still. */
const STILL_MS = 120_000;
/** So long after its time a fault may still be under way: others hold it up. */
const FAULT_MS = 300_000;

export async function play(
  scene: Scene,
  strikes: readonly Strike[],
  faults: readonly Fault[],
  forMs: number,
  tell: (text: string) => void,
): Promise<Played> {
  const random = seeded(strikes.length);
  const recovery = new Map<string, number>();
  let feeding = true;
  scene.watch();
  const fed = feed(scene, random, () => feeding);
  const began = performance.now();
  const now = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s`;
  scene.judge.onWrong = text => tell(`${now()}  ✗ ${text}`);
  const underWay: Promise<void>[] = [];
  for (const strike of strikes) {
    await sleep(Math.max(0, strike.atMs - (performance.now() - began)));
    const fault = faults.find(({ name }) => name === strike.fault);
    if (!fault) throw new Error(`no fault ${strike.fault}`);
    tell(`${now()}  ${strike.fault}`);
    underWay.push(
      Promise.race([fault.strike(scene, strike), late(strike)])
        .then(() => recovered(scene, strike.fault, recovery))
        .catch(error => scene.judge.say(`${strike.fault} could not be played: ${error?.stack}`)),
    );
  }
  await sleep(Math.max(0, forMs - (performance.now() - began)));
  feeding = false;
  await fed;
  await Promise.all(underWay);
  const played = await endAll(scene);
  return {
    ...played,
    recovery,
    found: scene.found,
    forgotten: scene.forgotten,
    looks: scene.judge.looks,
  };
}

async function late({ forMs }: Strike): Promise<never> {
  await sleep(forMs + FAULT_MS, undefined, { ref: false });
  throw new Error('it does not end');
}

async function feed(scene: Scene, random: Random, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    const todo = await counts(scene.queue)
      .then(({ todo }) => todo)
      .catch(() => LEAST_TODO);
    if (todo < LEAST_TODO) await scene.still(() => scene.submit(scene.newTasks(random, BATCH)));
    await sleep(FEED_EVERY_MS);
  }
}

/** Measured from the end of the fault until the next task ends. */
async function recovered(
  scene: Scene,
  fault: string,
  recovery: Map<string, number>,
): Promise<void> {
  const over = performance.now();
  const ends = () =>
    scene.insist(async () => {
      const { finished, failed } = await tally(scene.queue);
      return finished + failed;
    });
  const before = await ends();
  const left = async () => {
    const { todo, inProgress } = await counts(scene.queue);
    return todo + inProgress;
  };
  await until(async () => (await ends()) !== before || (await left()) === 0, {
    timeoutMs: STILL_MS,
    describe: `a task to end after ${fault}`,
  });
  const took = performance.now() - over;
  recovery.set(fault, Math.max(recovery.get(fault) ?? 0, took));
}

/** No more faults: everything ends, nothing is left, and all of it is right. */
export async function endAll(scene: Scene): Promise<Verdict> {
  const { queue, judge } = scene;
  await scene.insist(() => resume(queue));
  await scene.insist(() => open(queue));
  // What originals lost is in no state; nobody moves anything any more.
  if (scene.touched.size > 0) {
    await scene.still(() => scene.audit('an original lost it'));
  }
  await allEnd(scene);
  await scene.stopWatching();
  await scene.endWorkers();
  await nothingRuns(scene);
  judge.strict = true;
  const reading = await scene.insist(() => judge.look());
  const found = verdict({
    reading,
    ledger: await readLedger(scene.ledgerPath),
    expected: judge.expected,
    submitted: scene.submitted,
    cancelled: scene.cancelled,
    excuse: fits => scene.excuses.find(fits),
  });
  return { ...found, wrong: [...judge.wrong, ...found.wrong] };
}

async function allEnd(scene: Scene): Promise<void> {
  let last = '';
  let since = performance.now();
  for (;;) {
    const now = await counts(scene.queue).catch(() => undefined);
    if (now && now.todo + now.inProgress === 0) return;
    const seen = JSON.stringify(now);
    if (seen !== last) since = performance.now();
    last = seen;
    if (performance.now() - since > STILL_MS) {
      scene.judge.say(`nothing goes on any more: ${seen}`);
      return;
    }
    await sleep(300);
  }
}

/** Whatever a task of ours started carries the ledger's name; its worker or its guard has ended it. */
export async function nothingRuns(scene: Scene, patienceMs = 30_000): Promise<void> {
  const left = () => processesOf(scene.ledgerPath);
  await until(() => left().length === 0, { timeoutMs: patienceMs }).catch(() =>
    scene.judge.say(`still runs, though its worker has ended: ${left().join(', ')}`),
  );
}

function processesOf(ledgerPath: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && name !== String(process.pid))
    .filter(pid => {
      const environment = read(`/proc/${pid}/environ`);
      return environment.includes(ledgerPath) && !environment.includes('CHAOS_ORIGINAL=');
    })
    .map(pid => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
