import { it, vi } from 'vitest';
import { useQueue } from '../harness';
import { WorldBesideOriginals } from './besideOriginals';
import { explore } from './play';
import { STEPS_BESIDE_ORIGINALS } from './steps';

vi.mock('node:timers/promises', async () => (await import('./seconds')).timers);
const test = useQueue();
it('x', async () => {
  const kinds = new Map<string, number>();
  let told = 0;
  await explore({
    queue: test.queue,
    world: () => {
      const w = new WorldBesideOriginals(test.queue);
      const real = w.checkpoint;
      return w;
    },
    steps: STEPS_BESIDE_ORIGINALS.map(({ weight, arbitrary }) => ({
      weight,
      arbitrary: arbitrary.map(step => async (w: WorldBesideOriginals) => {
        const cp = w.checkpoint;
        const note = (t: string) => {
          told++;
          const k = t
            .replace(/[a-z]~\d+|i\d+|n[12]/g, 'W')
            .replace(/\d+/g, '#')
            .split(' ')
            .slice(0, 4)
            .join(' ');
          kinds.set(k, (kinds.get(k) ?? 0) + 1);
        };
        w.checkpoint = async t => {
          note(t);
          await cp(t);
        };
        const t = await step(w);
        if (t) note(t);
        return t;
      }),
    })),
    stories: 40,
    stepsAStory: 60,
    seed: 3,
  });
  console.log(
    told,
    [...kinds]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 70)
      .map(([k, n]) => `${n} ${k}`)
      .join('\n'),
  );
}, 600000);
