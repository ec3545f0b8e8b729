/** What happens to a worker and its host. */
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerWith } from '../../setup/bundle';
import { MEMORY_TAKEN, OUTPUT_DELETED } from '../excuses';
import type { Fault } from '../fault';

const HOUR = 3600;
/** Bytes: less than a worker keeps free, and room for what tasks take before it has looked. */
export const NEIGHBOUR_LEAVES = 100 * 1024 ** 2;

/** One by one, as a cluster is rolled out. */
export const SWITCHES: readonly Record<string, unknown>[] = [
  { pipeline: false },
  { adaptive_polling: false, sleep_sec_between_accepting_task: 0.2 },
  { wakeup: false },
  { prefetch: 0 },
  { lanes: false },
];

export const workerFaults: readonly Fault[] = [
  {
    name: 'kill',
    family: 'worker',
    seconds: [0.2, 14],
    async strike({ slots }, { slot, forMs }) {
      const meets = slots[slot - 1];
      if (!meets) return;
      meets.restartMs = forMs;
      meets.signal('SIGKILL');
      await sleep(forMs);
    },
  },
  {
    name: 'freeze',
    family: 'worker',
    seconds: [1, 4],
    async strike(scene, { slot, forMs }) {
      const { worker } = scene.slot(slot);
      worker?.signal('SIGSTOP');
      await sleep(forMs);
      worker?.signal('SIGCONT');
    },
  },
  {
    name: 'freeze-until-lost',
    family: 'worker',
    seconds: [14, 18],
    async strike(scene, { slot, forMs }) {
      const { worker, name } = scene.slot(slot);
      const end = scene.excuses.begin({ why: 'its worker was frozen', worker: name });
      worker?.signal('SIGSTOP');
      await sleep(forMs);
      worker?.signal('SIGCONT');
      end();
    },
  },
  {
    name: 'block-event-loop',
    family: 'worker',
    seconds: [3, 3],
    async strike(scene, { slot, forMs }) {
      scene.slot(slot).block();
      await sleep(forMs);
    },
  },
  {
    name: 'drain',
    family: 'worker',
    seconds: [1, 3],
    async strike(scene, { slot }) {
      scene.slot(slot).signal('SIGTERM');
    },
  },
  {
    name: 'kill-while-draining',
    family: 'worker',
    seconds: [0.1, 1.5],
    async strike(scene, { slot, forMs }) {
      const { worker } = scene.slot(slot);
      worker?.signal('SIGTERM');
      await sleep(forMs);
      worker?.signal('SIGKILL');
    },
  },
  {
    name: 'stop-at-once',
    family: 'worker',
    seconds: [0.1, 0.5],
    async strike(scene, { slot, forMs }) {
      const { worker, name } = scene.slot(slot);
      worker?.signal('SIGTERM');
      await sleep(forMs);
      worker?.signal('SIGTERM');
      const end = scene.excuses.begin({ why: 'its worker was stopped', worker: name });
      await worker?.ended;
      end();
    },
  },
  {
    name: 'start-a-second-one',
    family: 'worker',
    seconds: [2, 3],
    async strike(scene, { slot }) {
      const second = await scene.slot(slot).second();
      // It ends by itself, unless the first one was away in that moment.
      await Promise.race([second.ended, sleep(3000)]);
      second.signal('SIGTERM');
      await second.ended;
    },
  },
  {
    name: 'delete-state-folder',
    family: 'worker',
    seconds: [0, 0],
    async strike(scene, { slot }) {
      const { disk, name } = scene.slot(slot);
      const end = scene.excuses.begin({ why: OUTPUT_DELETED, worker: name });
      await rm(join(disk, 'distcomp-output'), { recursive: true, force: true, maxRetries: 10 });
      end();
    },
  },
  {
    name: 'fill-disk',
    family: 'worker',
    seconds: [2, 5],
    async strike(scene, { slot, forMs }) {
      const { disk, name } = scene.slot(slot);
      const filler = join(disk, 'filler');
      const end = scene.excuses.begin({ why: 'its disk was full', worker: name });
      // To its end: that it fails there is meant.
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']);
      await sleep(forMs);
      await rm(filler, { force: true });
      end();
    },
  },
  {
    name: 'neighbour-takes-memory',
    family: 'worker',
    seconds: [2, 5],
    async strike(scene, { slot, forMs }) {
      const { memory, name } = scene.slot(slot);
      const end = scene.excuses.begin({ why: MEMORY_TAKEN, worker: name });
      const leave = await memory.occupyAllBut(NEIGHBOUR_LEAVES);
      await sleep(forMs);
      await leave();
      end();
    },
  },
  {
    name: 'step-host-clock',
    family: 'worker',
    seconds: [2, 5],
    async strike(scene, { slot, forMs, chance }) {
      const { clock } = scene.slot(slot);
      clock.step(chance < 0.5 ? HOUR : -HOUR);
      await sleep(forMs);
      clock.step(0);
    },
  },
  {
    name: 'switch-off',
    family: 'worker',
    seconds: [2, 6],
    async strike(scene, { slot, forMs, chance }) {
      await scene.slot(slot).configure(SWITCHES[Math.floor(chance * SWITCHES.length)] ?? {});
      await sleep(forMs);
      await scene.slot(slot).configure({});
    },
  },
  {
    name: 'roll-out',
    family: 'worker',
    seconds: [4, 8],
    async strike(scene, { slot, forMs }) {
      const meets = scene.slot(slot);
      const before = meets.program;
      meets.program = await workerWith('next-version', {
        '"version": "0.1.0"': '"version": "0.2.0"',
      });
      meets.signal('SIGTERM');
      await sleep(forMs);
      meets.program = before;
      meets.signal('SIGTERM');
    },
  },
];
