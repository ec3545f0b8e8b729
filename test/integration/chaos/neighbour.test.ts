/** A neighbour that takes the memory of a worker's host while tasks run there: what becomes of them. */
import { expect, it } from 'vitest';
import { begun, openGate } from '../../chaos/drills';
import { MEMORY_TAKEN } from '../../chaos/excuses';
import { NEIGHBOUR_LEAVES } from '../../chaos/faults/worker';
import { endAll } from '../../chaos/play';
import { Scene } from '../../chaos/scene';
import { until } from '../../setup/until';

it('has the younger ones go back and the last one fail once; all end when it is gone', {
  timeout: 240_000,
}, async () => {
  const scene = await Scene.set({ workers: 1 });
  try {
    const lines = scene.newTasks('gate', 3);
    await scene.submit(lines);
    for (const line of lines) await begun(scene, line, 1);
    const { memory, name, worker } = scene.slot(1);
    const said = (words: RegExp) => worker?.log().match(words)?.length ?? 0;
    const end = scene.excuses.begin({ why: MEMORY_TAKEN, worker: name });
    const leave = await memory.occupyAllBut(NEIGHBOUR_LEAVES);
    await until(() => said(/ended, it fails, since it ran alone/g) === 1, {
      describe: () => `all to be ended; the worker said ${worker?.log()}`,
    });
    expect(said(/ended, it goes back to the queue/g)).toBe(2);
    await leave();
    for (const line of lines) await begun(scene, line, 2);
    end();
    // Those that went back have their number still.
    for (const line of lines) for (const attempt of [1, 2]) await openGate(scene, line, attempt, 0);
    const { wrong, finished, again } = await endAll(scene);
    expect(wrong).toEqual([]);
    expect(finished).toBe(3);
    expect(again).toEqual(new Map([[MEMORY_TAKEN, 3]]));
    expect(memory.oomKills()).toBe(0);
  } finally {
    await scene.remove();
  }
});
