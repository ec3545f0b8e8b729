/** What happens between a worker and Redis: each worker has a way of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Passage } from '../../setup/longWay';
import type { Fault } from '../fault';
import type { Scene } from '../scene';

/** With an excuse: it may take so long that its worker is lost. */
async function passage(scene: Scene, slot: number, how: Passage, forMs: number): Promise<void> {
  const { way, name } = scene.slot(slot);
  const end = scene.excuses.begin({ why: 'its worker did not reach Redis', worker: name });
  way.passage = how;
  if (how === 'closed') way.cut();
  await sleep(forMs);
  way.passage = 'open';
  // Nothing tells the worker before its own patience ends: ten seconds without an answer.
  if (how !== 'closed') await sleep(10_000);
  end();
}

const once = (name: string, act: (way: Scene['slots'][number]['way']) => void): Fault => ({
  name,
  family: 'network',
  seconds: [0, 0],
  async strike(scene, { slot }) {
    act(scene.slot(slot).way);
  },
});

export const networkFaults: readonly Fault[] = [
  once('cut', way => way.cut()),
  once('reset-amid-request', way => way.resetAmidRequest()),
  once('reset-amid-answer', way => way.resetAmidAnswer()),
  {
    name: 'delay-answers',
    family: 'network',
    seconds: [2, 6],
    async strike(scene, { slot, forMs, chance }) {
      const { way } = scene.slot(slot);
      way.delayMs = 200 + 1000 * chance;
      await sleep(forMs);
      way.delayMs = 0;
    },
  },
  {
    name: 'late-request',
    family: 'network',
    seconds: [0.2, 8],
    async strike(scene, { slot, forMs }) {
      const held = scene.slot(slot).way.holdRequest('evalsha');
      const arrive = await Promise.race([held, sleep(forMs)]);
      await sleep(forMs);
      if (arrive) await Promise.race([arrive(), sleep(5000)]);
    },
  },
  {
    name: 'unreachable',
    family: 'network',
    seconds: [1, 16],
    strike: (scene, { slot, forMs }) => passage(scene, slot, 'closed', forMs),
  },
  {
    name: 'half-open',
    family: 'network',
    seconds: [0.5, 14],
    strike: (scene, { slot, forMs }) => passage(scene, slot, 'half open', forMs),
  },
  {
    name: 'drop-answers',
    family: 'network',
    seconds: [0.5, 14],
    strike: (scene, { slot, forMs }) => passage(scene, slot, 'no answers', forMs),
  },
];
