/** What happens to Redis. Its kills and restarts come one after the other. */
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFileWritten } from '../../../src/cluster/redisProcess';
import { until } from '../../setup/until';
import type { Fault } from '../fault';
import { APPEND_ONLY, lastWords } from '../lastWords';
import type { Scene } from '../scene';

const HOUR = 3600;

let restarts: Promise<unknown> = Promise.resolve();

export function oneAtATime(act: () => Promise<void>): Promise<void> {
  const done = restarts.then(act);
  restarts = done.catch(() => undefined);
  return done;
}

/** Killed and started again, all that was answered still there. */
function away({ server }: Scene, forMs: number): Promise<void> {
  return oneAtATime(async () => {
    await server.kill();
    await sleep(forMs);
    await server.restart();
  });
}

/** It comes back without some of what it had answered; people audit and submit again. */
function comesBackWithout(scene: Scene, why: string, damage: () => Promise<void>): Promise<void> {
  return oneAtATime(() =>
    scene.still(async () => {
      const end = scene.excuses.begin({ why, forgets: true });
      await scene.server.kill();
      const had = await lastWords(scene.server);
      await damage();
      await scene.server.restart();
      await rewriteFile(scene);
      await scene.forgot(why, had);
      end();
    }),
  );
}

/**
 * What its people do after it has cut its file: it may have left the beginning of a transaction there, half of
 * which it would do at its next start.
 */
async function rewriteFile(scene: Scene): Promise<void> {
  const { redis } = scene.queue;
  await scene.insist(() => redis.bgrewriteaof());
  await until(() => isFileWritten(redis), {
    describe: 'the append-only file to be written anew',
  });
}

async function cutTail(folder: string, chance: number): Promise<void> {
  const parts = await readdir(join(folder, APPEND_ONLY));
  const last = parts
    .filter(name => name.endsWith('.incr.aof'))
    .sort()
    .at(-1);
  if (!last) throw new Error(`no append-only file among ${parts.join(', ')}`);
  const path = join(folder, APPEND_ONLY, last);
  const { size } = await stat(path);
  await truncate(path, Math.floor(size - chance * Math.min(size, 400_000)));
}

/** Without `appendonly`, which it never needs to be told again. */
async function withMemory(scene: Scene, forMs: number): Promise<void> {
  const { redis } = scene.queue;
  const info = await scene.insist(() => redis.info('memory'));
  const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
  await scene.insist(() => redis.config('SET', 'maxmemory', Math.floor(used * 0.9)));
  await sleep(forMs);
  await scene.insist(() => redis.config('SET', 'maxmemory', 0));
}

export const redisFaults: readonly Fault[] = [
  {
    name: 'kill-redis',
    family: 'redis',
    seconds: [0.1, 3],
    strike: (scene, { forMs }) => away(scene, forMs),
  },
  {
    name: 'redis-away-for-long',
    family: 'redis',
    seconds: [12, 16],
    strike: (scene, { forMs }) => away(scene, forMs),
  },
  {
    name: 'cut-tail-of-file',
    family: 'redis',
    seconds: [0, 0],
    strike: (scene, { chance }) =>
      comesBackWithout(scene, 'Redis lost its last writes', () =>
        cutTail(scene.server.folder, chance),
      ),
  },
  {
    name: 'restart-empty',
    family: 'redis',
    seconds: [0, 0],
    strike: scene =>
      comesBackWithout(scene, 'Redis came back empty', () =>
        rm(join(scene.server.folder, APPEND_ONLY), { recursive: true }),
      ),
  },
  {
    name: 'script-flush',
    family: 'redis',
    seconds: [0, 0],
    async strike(scene) {
      await scene.insist(() => scene.queue.redis.script('FLUSH'));
    },
  },
  {
    name: 'client-kill',
    family: 'redis',
    seconds: [0, 0],
    async strike(scene) {
      await scene.insist(() => scene.queue.redis.call('CLIENT', 'KILL', 'TYPE', 'normal'));
    },
  },
  {
    name: 'slow-script',
    family: 'redis',
    seconds: [1, 7],
    async strike({ queue }, { forMs }) {
      const slow = `local from = redis.call('TIME')
        repeat local now = redis.call('TIME')
        until math.abs(now[1] - from[1]) * 1000 + (now[2] - from[2]) / 1000 >= ${forMs}`;
      await queue.redis.eval(slow, 0).catch(() => undefined);
    },
  },
  {
    name: 'full-memory',
    family: 'redis',
    seconds: [1, 4],
    strike: (scene, { forMs }) => withMemory(scene, forMs),
  },
  {
    name: 'step-redis-clock',
    family: 'redis',
    seconds: [2, 5],
    async strike({ redisClock }, { forMs, chance }) {
      redisClock.step(chance < 0.5 ? HOUR : -HOUR);
      await sleep(forMs);
      redisClock.step(0);
    },
  },
];
