/** The emulated original on the same queue. What it does wrong by itself is healed or found by the audit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Redis, ReplyError } from 'ioredis';
import { isAway } from '../../../src/queue/away';
import { cleanupByForce } from '../../../src/queue/cleanup';
import { connect } from '../../../src/queue/connection';
import { OriginalManager } from '../../setup/original/manager';
import type { Strand } from '../../setup/original/strand';
import { OriginalWorker } from '../../setup/original/worker';
import type { Fault } from '../fault';
import type { Scene } from '../scene';
import { idOf } from '../tasks';

let names = 0;

/**
 * A connection of an original: each line that it names in a command that writes is noted. As with the client that
 * it has, a command fails when the connection breaks, and while there is none.
 */
async function connection(scene: Scene): Promise<Redis> {
  const redis = await scene.insist(() => connect({ url: scene.server.url }, 'original'));
  const note = (command: string, ...words: readonly string[]) => {
    if (!/^H(DEL|SET|SETNX)$/i.test(command)) return;
    for (const word of words) if (word.startsWith('shell:')) scene.touched.add(idOf(word));
  };
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'call') {
        return (command: string, ...words: string[]) => {
          note(command, ...words);
          return target.call(command, ...words);
        };
      }
      if (name === 'multi') {
        return (commands: string[][]) => {
          for (const [, command = '', ...words] of commands) note(command, ...words);
          return target.multi(commands);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A manager of the original runs a command, to its end or until Redis fails it; what it has touched may run again. */
async function manage(
  scene: Scene,
  command: (manager: OriginalManager) => Strand<unknown>,
): Promise<void> {
  const redis = await connection(scene);
  const end = scene.excuses.begin({ why: 'an original moved it', ids: scene.touched });
  try {
    await command(new OriginalManager(redis))
      .run()
      .catch(error => {
        if (!(isAway(error) || error instanceof ReplyError)) throw error;
      });
  } finally {
    redis.disconnect();
    end();
  }
}

export const peerFaults: readonly Fault[] = [
  {
    name: 'original-works-and-dies',
    family: 'peers',
    seconds: [3, 8],
    async strike(scene, { forMs }) {
      const redis = await connection(scene);
      const name = `n${++names}`;
      const end = scene.excuses.begin({ why: 'an original died with it', ids: scene.touched });
      const original = new OriginalWorker(redis, name, {
        secondMs: 50,
        freeCores: 0,
        environment: { ...scene.environment, CHAOS_ORIGINAL: name },
      });
      const ended = original.run().catch(() => undefined);
      await sleep(forMs);
      // Wherever it is: between the two commands of a claim as well.
      original.stop();
      redis.disconnect();
      await ended;
      await scene.insist(() => cleanupByForce(scene.queue, name));
      await scene.insist(() => scene.queue.redis.hdel(scene.queue.keys.status, name));
      end();
    },
  },
  {
    name: 'original-loads-file',
    family: 'peers',
    seconds: [0, 0],
    strike: scene =>
      scene.still(() => {
        const lines = [...scene.judge.expected].slice(-60);
        return manage(scene, manager => manager.loadTask(lines.join('\n')));
      }),
  },
  {
    name: 'original-moves-running',
    family: 'peers',
    seconds: [0, 0],
    strike: scene => manage(scene, manager => manager.moveInProgressTaskToTodo()),
  },
  {
    name: 'original-moves-failed',
    family: 'peers',
    seconds: [0, 0],
    strike: scene => manage(scene, manager => manager.moveFailedTaskToTodo()),
  },
  {
    name: 'original-resets',
    family: 'peers',
    seconds: [0, 0],
    strike: scene =>
      scene.still(async () => {
        const why = 'an original reset the queue';
        const end = scene.excuses.begin({ why, forgets: true });
        await manage(scene, manager => manager.initRedis());
        await scene.forgot(why);
        end();
      }),
  },
];
