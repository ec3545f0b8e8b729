/** A real Redis Cluster on loopback: three primaries, and a replica of the first one unless it is not wanted. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { startRedis, type TestRedis } from './redis';
import { until } from './until';

const run = promisify(execFile);

/** The move of one slot from one node to another, in its three steps. */
export interface SlotMove {
  /** Both nodes know of it; the keys are still where they were. */
  begin(): Promise<void>;
  moveKeys(): Promise<void>;
  end(): Promise<void>;
}

export interface TestCluster {
  /** `127.0.0.1:PORT` of the primaries, for conf.json. */
  readonly nodes: readonly string[];
  readonly servers: readonly TestRedis[];
  /** A connection to each primary alone. */
  readonly clients: readonly Redis[];
  /** Undefined when none was wanted. */
  readonly replica: TestRedis | undefined;
  /** Names of queues that lie on the node of that index. */
  queuesOn(node: number, count: number): Promise<string[]>;
  move(queue: string, from: number, to: number): Promise<SlotMove>;
  /**
   * The first primary was killed: has the others find out soon. Otherwise they wait so long that no failover
   * comes by itself on a busy machine. Resolves when its replica has taken over, and every node knows it.
   */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a node answers nothing before the others take it for dead, ms: while they come together… */
const NODE_TIMEOUT_MS = 1500;
/** …and from then on, until one is killed: longer than any is slow. */
const PATIENT_MS = 60_000;

/** Returns when every node says that the cluster is well. */
export async function startRedisCluster({ withReplica = true } = {}): Promise<TestCluster> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': String(NODE_TIMEOUT_MS),
    // A replica that was cut off for a while may still take over.
    'cluster-replica-validity-factor': '0',
  };
  const all = await Promise.all([1, 2, 3].map(() => startRedis({ settings })));
  const nodes = all.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes']);
  const clients = all.map(server => server.client());
  await allWell(clients, 3);
  await setNodeTimeout(clients, PATIENT_MS);
  const ids = await Promise.all(clients.map(client => client.cluster('MYID')));
  const replica = withReplica
    ? await addReplica(nodes[0] ?? '', String(ids[0]), settings)
    : undefined;
  if (replica) await allWell(clients, 4);

  const slotOf = async (queue: string) =>
    Number(await clients[0]?.cluster('KEYSLOT', `{${queue}}:todo_tasks`));
  return {
    nodes,
    servers: all,
    clients,
    replica,
    async queuesOn(node, count) {
      const found: string[] = [];
      const ranges = await slotsOf(clients[node]);
      for (let n = 1; found.length < count; n++) {
        const slot = await slotOf(`q${n}`);
        if (ranges.some(([from, to]) => from <= slot && slot <= to)) found.push(`q${n}`);
      }
      return found;
    },
    async move(queue, from, to) {
      const slot = await slotOf(queue);
      const [source, target] = [clients[from], clients[to]];
      const [sourceId, targetId] = [ids[from], ids[to]].map(String);
      const { port } = all[to] ?? { port: 0 };
      if (!source || !target) throw new RangeError('no such node');
      return {
        async begin() {
          await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId));
          await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId));
        },
        async moveKeys() {
          for (;;) {
            const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
            if (keys.length === 0) return;
            await source.call('MIGRATE', '127.0.0.1', port, '', 0, PATIENT_MS, 'KEYS', ...keys);
          }
        },
        async end() {
          for (const client of [target, source, ...clients]) {
            await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId));
          }
        },
      };
    },
    async failOver() {
      if (!replica) throw new Error('there is no replica');
      const heir = replica.client();
      const others = [...clients.slice(1), heir];
      await setNodeTimeout(others, NODE_TIMEOUT_MS);
      await until(async () => (await heir.role())[0] === 'master', {
        describe: 'the replica to take over',
      });
      await allWell(others, 4);
      await setNodeTimeout(others, PATIENT_MS);
    },
    async stop() {
      await Promise.all([...all, replica].map(server => server?.stop()));
    },
  };
}

/** Returns when it follows the primary with this id. */
async function addReplica(
  entry: string,
  primary: string,
  settings: Record<string, string>,
): Promise<TestRedis> {
  const replica = await startRedis({ settings });
  await run('redis-cli', [
    ...['--cluster', 'add-node', `127.0.0.1:${replica.port}`, entry],
    ...['--cluster-slave', '--cluster-master-id', primary],
  ]);
  const client = replica.client();
  await until(async () => /^master_link_status:up/m.test(await client.info('replication')), {
    describe: 'the replica to follow',
  });
  return replica;
}

async function setNodeTimeout(clients: readonly Redis[], ms: number): Promise<void> {
  await Promise.all(
    clients.map(client => client.config('SET', 'cluster-node-timeout', String(ms))),
  );
}

async function allWell(clients: readonly Redis[], nodes: number): Promise<void> {
  await Promise.all(
    clients.map(client => until(() => isWell(client, nodes), { describe: 'a well cluster' })),
  );
}

async function isWell(client: Redis, nodes: number): Promise<boolean> {
  const info = String(await client.cluster('INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${nodes}`);
}

/** Of a node, first and last of each range. */
async function slotsOf(client: Redis | undefined): Promise<(readonly [number, number])[]> {
  const mine = String(await client?.cluster('NODES'))
    .split('\n')
    .find(line => line.includes('myself'));
  return [...(mine ?? '').matchAll(/ (\d+)-(\d+)/g)].map(
    ([, from, to]) => [Number(from), Number(to)] as const,
  );
}
