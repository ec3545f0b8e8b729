/** A real Redis Cluster: named queues on different nodes, real workers on each. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../../src/extension/store/store';
import { isAway } from '../../../src/queue/away';
import { connect, type RedisConnection } from '../../../src/queue/connection';
import { counts } from '../../../src/queue/counts';
import { history } from '../../../src/queue/history';
import { listen } from '../../../src/queue/listener';
import { overview } from '../../../src/queue/overview';
import { page } from '../../../src/queue/pages';
import { DefaultQueueOnCluster, Queue } from '../../../src/queue/queue';
import { queues } from '../../../src/queue/queues';
import { submit } from '../../../src/queue/submit';
import { RedisUnreachable } from '../../../src/queue/unreachable';
import { followEvents, type QueueEvent } from '../../../src/queue/watch';
import { checkInvariants } from '../../setup/invariants';
import { startRedis } from '../../setup/redis';
import { startRedisCluster, type TestCluster } from '../../setup/redisCluster';
import { until } from '../../setup/until';
import { startWorker, type TestWorker } from '../../setup/workers';
import { sandbox } from '../cli/sandbox';
import { lines } from './harness';

let cluster: TestCluster;
let redis: RedisConnection;

beforeAll(async () => {
  cluster = await startRedisCluster();
  redis = await connect({ cluster: cluster.nodes }, 'test');
});
afterAll(async () => {
  redis?.disconnect();
  await cluster?.stop();
});

/** A queue on the node of that index, with a name that no other test has. */
async function queueOn(node: number): Promise<Queue> {
  const count = (used.get(node) ?? 0) + 1;
  used.set(node, count);
  const names = await cluster.queuesOn(node, count);
  return new Queue(redis, names.at(-1) ?? '');
}
const used = new Map<number, number>();

/** The same queue through its node alone, for what commands of the cluster cannot look at. */
function onNode(queue: Queue, node: number): Queue {
  const client = cluster.clients[node];
  if (!client) throw new RangeError('no such node');
  return new Queue(client, queue.name);
}

const workerOf = (queue: Queue): Promise<TestWorker> =>
  startWorker({ conf: { redis_cluster: cluster.nodes, queue: queue.name } });

async function allEnd(queue: Queue, node: number, tasks: readonly string[]): Promise<void> {
  await until(async () => (await counts(queue)).finished === tasks.length, {
    describe: () => `all tasks of ${queue.name} to be finished`,
  });
  await checkInvariants(onNode(queue, node), tasks);
}

describe('queues on a Redis Cluster', () => {
  it('lie on different nodes, each with all of its keys on one, and workers run their tasks', async () => {
    const all = await Promise.all([0, 1, 2].map(queueOn));
    const tasks = lines(30);
    for (const queue of all) await submit(queue, tasks);
    const workers = await Promise.all(all.map(workerOf));
    for (const [node, queue] of all.entries()) await allEnd(queue, node, tasks);
    for (const [node, client] of cluster.clients.entries()) {
      const keys = (await client.keys('*')).filter(key => key !== 'distcomp:queues');
      expect(keys.length).toBeGreaterThan(10);
      const mine = `{${all[node]?.name}}:`;
      expect(keys.filter(key => !key.startsWith(mine))).toEqual([]);
    }
    expect(await queues(redis)).toEqual(
      all
        .map(({ name }) => ({ name, counts: expect.objectContaining({ finished: 30 }) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    for (const { log } of workers) expect(log()).not.toMatch(/Redis (refuses|does not answer)/);
  });

  it('are read, followed and woken as on one server', async () => {
    const queue = await queueOn(1);
    const seen: QueueEvent[] = [];
    let looks = 0;
    const follower = followEvents(queue, events => {
      looks += 1;
      seen.push(...events);
    });
    const heard: string[] = [];
    let begun = 0;
    const ears = [1, 2, 3].map(() =>
      listen(redis, queue.keys.wake, {
        onMessage: message => heard.push(message),
        onBegin: () => begun++,
      }),
    );
    await until(() => looks === 1 && begun === 3);
    await submit(queue, lines(5));
    await until(() => seen.length > 0 && heard.length === 3, {
      describe: () => `events (${seen.length}) and messages (${heard.length})`,
    });
    for (const each of ears) each.check();
    for (const each of ears) each.close();
    await follower.close();
    expect((await overview(queue)).counts.todo).toBe(5);
    expect((await page(queue, 'todo', undefined, 10)).rows).toHaveLength(5);
    expect(await history(queue, 1, 3)).toHaveLength(3);
  });

  it('cost the other nodes nothing but ears: a worker works with the node of its queue alone', async () => {
    const queue = await queueOn(0);
    const tasks = lines(20);
    const worker = await workerOf(queue);
    const beats = () => onNode(queue, 0).redis.hget(queue.keys.status, name(worker));
    for (const client of cluster.clients) await client.config('RESETSTAT');
    await submit(queue, tasks);
    await allEnd(queue, 0, tasks);
    const first = await beats();
    await until(async () => (await beats()) !== first);
    for (const client of cluster.clients.slice(1)) {
      const info = await client.info('commandstats');
      const sent = [...info.matchAll(/^cmdstat_([^:|]+)/gm)].map(([, command]) => command);
      // What connects and hears, what tests ask, and the names of queues, which lie on a node of their own.
      const beside = ['client', 'subscribe', 'info', 'config', 'keys', 'cluster', 'sadd'];
      expect(sent.filter(command => !beside.includes(command ?? ''))).toEqual([]);
    }
  });

  it('refuse to be the default queue, and say what to do', async () => {
    expect(() => new Queue(redis, 'default')).toThrow(DefaultQueueOnCluster);
    const refused = await startWorker({
      conf: { redis_cluster: cluster.nodes },
      waitUntilReady: false,
    });
    expect((await refused.ended).code).toBe(2);
    const message = 'The default queue does not run on a Redis Cluster';
    expect(refused.log()).toContain(message);
    const box = await sandbox();
    await box.file('a.tasks', ['shell:1:0:0:echo a']);
    const [first = ''] = cluster.nodes;
    const url = `redis+cluster://${first}`;
    for (const words of [['status'], ['submit', 'a.tasks'], ['run', 'a.tasks']]) {
      const { code, stderr } = await box.distcomp(['--redis', url, ...words]);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
    expect(await box.processes()).toEqual([]);
  });

  it('are worked on by commands of the terminal', async () => {
    const { name: queue } = await queueOn(2);
    const box = await sandbox();
    await box.file('conf.json', JSON.stringify({ redis_cluster: cluster.nodes, queue }));
    await box.file('a.tasks', ['shell:1:0:0:echo a', 'shell:1:0:0:echo b']);
    const run = await box.distcomp(['--json', 'run', 'a.tasks']);
    expect(run.code).toBe(0);
    expect(JSON.parse((await box.distcomp(['--json', 'status'])).stdout)).toMatchObject({
      finished: 2,
      redis: `cluster ${cluster.nodes.join(', ')}`,
    });
    // No queue is named, and none needs to be.
    const url = `redis+cluster://${cluster.nodes.join(',')}`;
    await box.file('conf.json', '{}');
    const listed = await box.distcomp(['--json', '--redis', url, 'queues']);
    expect(JSON.parse(listed.stdout).queues).toContainEqual(
      expect.objectContaining({ name: queue, finished: 2 }),
    );
  });

  it('move to another node while a worker works: no script sees half of a queue', async () => {
    const queue = await queueOn(1);
    const tasks = lines(8, 'shell:1:0:0').map(
      line => `${line}; while [ ! -e gate ]; do sleep 0.05; done`,
    );
    await submit(queue, [...tasks, ...lines(20)]);
    const worker = await workerOf(queue);
    await until(async () => (await counts(queue)).inProgress > 0);
    const move = await cluster.move(queue.name, 1, 2);
    await move.begin();
    const duringMove = async () => {
      const error = await overview(queue).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isAway(error), String(error)).toBe(true);
    };
    await duringMove();
    await until(() => worker.log().includes('Redis does not answer'));
    await move.moveKeys();
    await duringMove();
    await move.end();
    await writeFile(join(worker.folder, 'gate'), '');
    await allEnd(queue, 2, [...tasks, ...lines(20)]);
    // All of them may be finished before it has the answer that says so.
    await until(() => worker.log().includes('Redis answers again.'));
    expect(await cluster.clients[1]?.keys(`{${queue.name}}:*`)).toEqual([]);
  });

  it('go on at the replica when their node is killed, and so does the store of the editor', async () => {
    const queue = await queueOn(0);
    const store = new Store(() => undefined);
    const target = { address: { cluster: cluster.nodes }, queue: queue.name, label: 'test' };
    await store.open({ ...target, isLocal: false });
    store.watch(true);
    expect(store.link.state).toBe('live');
    const quick = lines(10);
    const tasks = lines(4, 'shell:1:0:0').map(
      line => `${line}; while [ ! -e gate ]; do sleep 0.05; done`,
    );
    await submit(queue, [...quick, ...tasks]);
    const worker = await workerOf(queue);
    await until(async () => (await counts(queue)).finished === quick.length);
    const [first] = cluster.clients;
    // WAIT is about what came before it on this connection: it writes first.
    await first?.set(`{${queue.name}}:written`, '');
    await until(async () => (await first?.call('WAIT', 1, 1000)) === 1);
    await cluster.servers[0]?.kill();
    await until(() => worker.log().includes('Redis does not answer'));
    await cluster.failOver();
    await writeFile(join(worker.folder, 'gate'), '');
    const all = quick.length + tasks.length;
    await until(async () => (await counts(queue)).finished === all);
    await until(() => store.link.state === 'live' && store.counts?.finished === all, {
      describe: () => `the store to be live; it is ${store.link.state}`,
    });
    store.close();
    if (!cluster.replica) throw new Error('there is a replica');
    await checkInvariants(new Queue(cluster.replica.client(), queue.name), [...quick, ...tasks]);
    await until(() => worker.log().includes('Redis answers again.'));
  });
});

const name = ({ log }: TestWorker) => / (\S+) takes tasks of queue/.exec(log())?.[1] ?? '';

describe('connecting to a Redis Cluster', () => {
  const refusal = async (...address: Parameters<typeof connect>): Promise<string> => {
    const error = await connect(...address).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof RedisUnreachable)) throw new Error(`expected a refusal, got ${error}`);
    return `${error.kind}: ${error.message}`;
  };

  it('needs one node that answers, and says when what answers is of another kind', async () => {
    const [, second = ''] = cluster.nodes;
    const found = await connect({ cluster: ['127.0.0.1:1', second] }, 'test');
    expect(await found.get('{any}:key')).toBeNull();
    found.disconnect();
    expect(await refusal({ cluster: ['127.0.0.1:1'] }, 'test')).toBe(
      'unreachable: Cannot reach Redis at cluster 127.0.0.1:1: connection refused. Is it running, and reachable from this machine?',
    );
    const node = await refusal({ url: `redis://${second}` }, 'test');
    expect(node).toBe(
      `other_kind: Redis at ${second} is a node of a Redis Cluster. Set redis_cluster to true, or write redis+cluster://HOST:PORT.`,
    );
    const alone = await startRedis();
    const address = `127.0.0.1:${alone.port}`;
    expect(await refusal({ cluster: [address] }, 'test')).toBe(
      `other_kind: Redis at cluster ${address} is no node of a Redis Cluster. Leave redis_cluster out, or write redis://HOST:PORT.`,
    );
    await alone.stop();
  });
});
