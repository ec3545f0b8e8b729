/** What people do in the middle of it all, and sometimes two of them at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { keptLines, newUndoId } from '../../../src/queue/journal';
import { pause, resume } from '../../../src/queue/pause';
import { removeFinished } from '../../../src/queue/removeFinished';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { undo } from '../../../src/queue/undo';
import type { Fault } from '../fault';
import type { Scene } from '../scene';
import { idOf } from '../tasks';

const ids = (lines: readonly string[]) => new Set(lines.map(idOf));

/** Some of the lines that are expected, from a place by chance. */
function some({ judge }: Scene, count: number, chance: number): string[] {
  const lines = [...judge.expected];
  const first = Math.floor(chance * Math.max(1, lines.length - count));
  return lines.slice(first, first + count);
}

/** Lines left the queue by hand. */
function left(scene: Scene, lines: readonly string[]): void {
  scene.judge.forget();
  for (const line of lines) {
    scene.judge.expected.delete(line);
    scene.removed.add(line);
  }
}

/** It was undone: those that are there again are expected again. */
async function cameBack(scene: Scene, lines: readonly string[]): Promise<void> {
  const now = await scene.insist(() => states(scene.queue, lines));
  lines.forEach((line, i) => {
    if (now[i] === 'absent') return;
    scene.judge.expected.add(line);
    scene.removed.delete(line);
  });
}

async function undone(scene: Scene, id: string): Promise<void> {
  scene.judge.forget();
  await scene.insist(() => undo(scene.queue, id));
}

export const peopleFaults: readonly Fault[] = [
  {
    name: 'submit-twice-at-once',
    family: 'people',
    seconds: [0, 0],
    strike: scene =>
      scene.still(async () => {
        const lines = scene.newTasks('short', 30);
        const half = lines.slice(10);
        await Promise.all([scene.submit(lines), scene.submit(half), scene.submit(lines)]);
      }),
  },
  {
    name: 'retry',
    family: 'people',
    seconds: [0, 0],
    strike: scene =>
      scene.still(async () => {
        const { failed, retrying } = await scene.insist(() => scene.judge.read());
        const lines = [...failed.keys()].filter(line => !retrying.has(line)).slice(0, 20);
        if (lines.length > 0) await scene.insist(() => retry(scene.queue, lines));
      }),
  },
  {
    name: 'cancel-and-retry',
    family: 'people',
    seconds: [0, 2],
    strike: (scene, { chance, forMs }) =>
      scene.still(async () => {
        const { inProgress } = await scene.insist(() => scene.judge.read());
        const lines = [...new Set([...inProgress.keys(), ...some(scene, 10, chance)])];
        const end = scene.excuses.begin({ why: 'it was cancelled and retried', ids: ids(lines) });
        for (const line of lines) scene.cancelled.add(line);
        await scene.insist(() => cancel(scene.queue, lines));
        await sleep(forMs / 4);
        await scene.insist(() => retry(scene.queue, lines));
        end();
      }),
  },
  {
    name: 'cancel-and-undo',
    family: 'people',
    seconds: [0, 2],
    strike: (scene, { chance, forMs }) =>
      scene.still(async () => {
        const lines = some(scene, 20, chance);
        const undoId = newUndoId();
        const end = scene.excuses.begin({ why: 'it was cancelled', ids: ids(lines) });
        for (const line of lines) scene.cancelled.add(line);
        await scene.insist(() => cancel(scene.queue, lines, { undoId }));
        await sleep(forMs / 4);
        await undone(scene, undoId);
        end();
      }),
  },
  {
    name: 'clear-and-undo',
    family: 'people',
    seconds: [0, 2],
    strike: (scene, { forMs }) =>
      scene.still(async () => {
        const lines = [...scene.judge.expected];
        const undoId = newUndoId();
        const end = scene.excuses.begin({ why: 'the queue was cleared', ids: ids(lines) });
        await scene.insist(() => clear(scene.queue, { undoId }));
        left(scene, lines);
        await sleep(forMs / 4);
        await undone(scene, undoId);
        await cameBack(scene, lines);
        end();
      }),
  },
  {
    name: 'remove-finished',
    family: 'people',
    seconds: [0, 0],
    strike: (scene, { chance }) =>
      scene.still(async () => {
        const undoId = newUndoId();
        await scene.insist(() => removeFinished(scene.queue, { undoId }));
        const lines: string[] = [];
        for await (const some of keptLines(scene.queue, undoId, 'finished')) lines.push(...some);
        left(scene, lines);
        if (chance < 0.3) return;
        await undone(scene, undoId);
        await cameBack(scene, lines);
      }),
  },
  {
    name: 'pause',
    family: 'people',
    seconds: [1, 3],
    async strike(scene, { forMs }) {
      await scene.insist(() => pause(scene.queue));
      await sleep(forMs);
      await scene.insist(() => resume(scene.queue));
    },
  },
];
