/** `npm run chaos -- --sizes`: without faults, at many sizes, and with each switch off in turn. */
import { expect, it } from 'vitest';
import { SWITCHES } from './faults/worker';
import { play } from './play';
import { Scene } from './scene';
import { printPlayed } from './verdict';

const { minutes }: { minutes: number } = JSON.parse(process.env.CHAOS_OPTIONS ?? '{}');

const RUNS = [
  ...[1, 2, 8, 32].map(workers => ({ workers, conf: {} })),
  ...SWITCHES.map(conf => ({ workers: 4, conf })),
  { workers: 4, conf: Object.assign({}, ...SWITCHES) },
];

it.each(RUNS)('$workers workers, $conf', { timeout: 0 }, async ({ workers, conf }) => {
  const scene = await Scene.set({ workers, conf });
  try {
    const played = await play(scene, [], [], minutes * 60_000, console.log);
    console.log(`\n${workers} workers ${JSON.stringify(conf)}\n${printPlayed(played)}`);
    expect(played.wrong.length).toBe(0);
    expect(played.again.size).toBe(0);
  } finally {
    await scene.remove();
  }
});
