/** A failover by sentinels, in a run of its own: other faults of Redis and its network need one server that stays. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import type { Fault } from '../fault';
import { lastWords } from '../lastWords';
import type { Scene } from '../scene';
import { oneAtATime } from './redis';

const WHY = 'a failover lost it';
/** So many are submitted when the new primary hears of nothing any more. */
const SUBMITTED = 20;
/** A server that comes back may be asked to follow the new primary after ten seconds only. */
const FOLLOWS_MS = 120_000;

/** The replica hears no more of the primary: what this answers from now on, it alone has. */
async function cutOff(replica: TestRedis, primary: TestRedis): Promise<void> {
  await replica.client().config('SET', 'masterauth', 'wrong');
  await primary.client().call('CLIENT', 'KILL', 'TYPE', 'replica');
  await until(async () =>
    /master_link_status:down/.test(await replica.client().info('replication')),
  );
}

export const failoverFaults: readonly Fault[] = [
  {
    name: 'failover',
    family: 'failover',
    seconds: [0.5, 3],
    strike: (scene, { forMs, chance }) =>
      oneAtATime(async () => {
        const { watched } = scene;
        if (!watched) throw new Error('nobody watches the Redis of this run');
        const end = scene.excuses.begin({ why: WHY, forgets: true });
        const [before, after] = [await watched.primary(), await watched.replica()];
        const submitSome = () => scene.submit(scene.newTasks('quick', SUBMITTED));
        // Else the replica follows to the last moment, as it mostly does.
        if (chance < 0.5) {
          await cutOff(after, before);
          await scene.still(submitSome);
          await sleep(forMs);
        }
        await scene.still(async () => {
          await submitSome();
          await before.kill();
          const had = await lastWords(before);
          scene.server = await scene.insist(() => watched.primary());
          await scene.forgot(WHY, had);
        });
        await comesBackAsReplica(scene, before);
        end();
      }),
  },
];

async function comesBackAsReplica({ watched }: Scene, server: TestRedis): Promise<void> {
  await server.restart();
  await until(async () => (await server.client().role())[0] === 'slave', {
    timeoutMs: FOLLOWS_MS,
    describe: 'the old primary to follow the new one',
  });
  await watched?.caughtUp();
}
