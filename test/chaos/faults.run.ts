/**
 * `npm run chaos`: the program. It runs under vitest for what the tests' set-up needs of it; `scripts/chaos.mjs`
 * reads the command line and starts it.
 */
import { expect, it } from 'vitest';
import { faultsNamed, needSentinels, USUAL_FAULTS } from './faults';
import { play } from './play';
import { Scene } from './scene';
import { printSchedule, schedule } from './schedule';
import { printPlayed } from './verdict';

interface Options {
  minutes: number;
  seed: number;
  workers: number;
  faults: string[];
  every: number;
}

const options: Options = JSON.parse(process.env.CHAOS_OPTIONS ?? '{}');

it('loses nothing', { timeout: 0 }, async () => {
  const { minutes, seed, workers, every } = options;
  const faults = options.faults.length > 0 ? faultsNamed(options.faults) : USUAL_FAULTS;
  const sentinels = needSentinels(faults);
  const forMs = minutes * 60_000;
  const strikes = schedule({ seed, forMs, workers, faults, everyMs: every * 1000 });
  console.log(`The schedule of seed ${seed}:\n${printSchedule(strikes)}\n`);
  const scene = await Scene.set({ workers, sentinels });
  try {
    const played = await play(scene, strikes, faults, forMs, console.log);
    console.log(`\n${printPlayed(played)}`);
    expect(played.wrong.length).toBe(0);
  } finally {
    await scene.remove();
  }
});
