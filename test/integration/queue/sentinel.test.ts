/** Redis Sentinel: real workers and the editor's store through failovers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/schema';
import { Store } from '../../../src/extension/store/store';
import { type RedisAddress, redisAddress } from '../../../src/queue/address';
import { parseAttempts } from '../../../src/queue/attempt';
import { audit } from '../../../src/queue/audit';
import { connect, type RedisConnection } from '../../../src/queue/connection';
import { counts } from '../../../src/queue/counts';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { RedisUnreachable } from '../../../src/queue/unreachable';
import { readTaskFile } from '../../../src/tasks/file';
import { checkInvariants } from '../../setup/invariants';
import { startWatchedRedis, type WatchedRedis } from '../../setup/sentinels';
import { until } from '../../setup/until';
import { startWorker, type TestWorker } from '../../setup/workers';
import { sandbox } from '../cli/sandbox';

let watched: WatchedRedis;
let redis: RedisConnection;
let queue: Queue;

beforeEach(async () => {
  watched = await startWatchedRedis();
  redis = await connect(addressOf(watched.conf), 'test');
  queue = new Queue(redis, 'default');
});
afterEach(async () => {
  redis?.disconnect();
  await watched?.stop();
});

function addressOf(conf: Readonly<Record<string, unknown>>): RedisAddress {
  const text = JSON.stringify(conf);
  const { config } = loadConfig({ conf: { text, where: 'conf.json' } }, { memoryGb: 8, cores: 2 });
  const address = redisAddress(config);
  if (!address) throw new Error('no Redis is configured');
  return address;
}

const QUICK = 20;
/** Tasks that note that they ran; all but the first twenty end only when a file is there. */
const tasks = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const wait = i < QUICK ? '' : '; while [ ! -e gate ]; do sleep 0.05; done';
    return `shell:1:0:0:echo ${i} >> ran${wait}; echo ${i}`;
  });

const ran = async ({ folder }: TestWorker) =>
  (await readFile(join(folder, 'ran'), 'utf8')).trim().split('\n').map(Number);

/** The same question until Redis answers it. */
const finished = () => until(async () => (await counts(queue)).finished + 1).then(n => n - 1);

async function allEnd(lines: readonly string[]): Promise<void> {
  await until(async () => (await finished()) === lines.length, { describe: 'all to be finished' });
  expect(await counts(queue)).toMatchObject({ todo: 0, inProgress: 0, failed: 0 });
  await checkInvariants(queue, lines);
  const attempts = await redis.hmget(queue.keys.attempts, ...lines);
  for (const text of attempts) {
    expect(parseAttempts(text ?? '').filter(({ exit }) => exit === 0)).toHaveLength(1);
  }
}

const open = ({ folder }: TestWorker) => writeFile(join(folder, 'gate'), '');

describe('a worker behind Redis Sentinel', () => {
  it('goes on after a failover that was asked for, and so do commands of the terminal', async () => {
    const lines = tasks(30);
    await submit(queue, lines);
    const worker = await startWorker({ conf: { ...watched.conf } });
    await until(async () => (await finished()) === QUICK);
    await watched.caughtUp();
    const before = await watched.primary();
    await watched.tellSentinels(['FAILOVER', 'queues'], 'first');
    await until(async () => (await watched.primary()).port !== before.port, {
      describe: 'the other server to be the primary',
    });
    await open(worker);
    await allEnd(lines);
    expect(new Set(await ran(worker)).size).toBe(30);

    const box = await sandbox();
    await box.file('conf.json', JSON.stringify(watched.conf));
    await box.file('more.tasks', ['shell:1:0:0:echo more']);
    const { code, stdout } = await box.distcomp(['--json', 'status']);
    expect(JSON.parse(stdout)).toMatchObject({ finished: 30, redis: addressWords() });
    expect(code).toBe(0);
    expect((await box.distcomp(['submit', 'more.tasks'])).code).toBe(0);
    await allEnd([...lines, 'shell:1:0:0:echo more']);
    expect(stdout + worker.log()).not.toMatch(/of redis|of the sentinels/);
  });

  it('goes on after the primary was killed, as the store of the editor does', async () => {
    const lines = tasks(30);
    await submit(queue, lines);
    const store = new Store(() => undefined);
    const target = { address: addressOf(watched.conf), queue: 'default', label: 'test' };
    await store.open({ ...target, isLocal: false });
    store.watch(true);
    const worker = await startWorker({ conf: { ...watched.conf } });
    await until(async () => (await finished()) === QUICK);
    await watched.caughtUp();
    const before = await watched.primary();
    await before.kill();
    await until(() => store.link.state === 'stale', { describe: 'the store to be stale' });
    await until(() => worker.log().includes('Redis does not answer'));
    expect((await watched.failOver()).port).not.toBe(before.port);
    await open(worker);
    await allEnd(lines);
    await until(() => store.link.state === 'live' && store.counts?.finished === 30, {
      describe: 'the store to be live, with all of them',
    });
    store.close();

    await before.restart();
    await until(async () => (await before.client().role())[0] === 'slave', {
      describe: 'the old primary to follow the new one',
    });
    expect(await submit(queue, ['shell:1:0:0:echo more'])).toEqual(['added']);
    await allEnd([...lines, 'shell:1:0:0:echo more']);
    expect(worker.log()).toContain('Redis answers again.');
  });

  it('records each task once though the new primary lacks what was acknowledged last; audit finds what it never had', async () => {
    const lines = tasks(24);
    const worker = await startWorker({ conf: { ...watched.conf } });
    await submit(queue, lines.slice(QUICK));
    await until(async () => (await counts(queue)).inProgress === 4);
    // Known to both: four that run, and the last four that ran here are not.
    await submit(queue, lines.slice(QUICK - 4, QUICK));
    await watched.caughtUp();
    const before = await watched.primary();
    const after = await watched.replica();
    await after.client().config('SET', 'masterauth', 'wrong');
    const cutOff = performance.now();
    await before.client().call('CLIENT', 'KILL', 'TYPE', 'replica');
    await until(async () =>
      /master_link_status:down/.test(await after.client().info('replication')),
    );
    await submit(queue, lines.slice(0, QUICK - 4));
    await open(worker);
    await until(async () => (await finished()) === 24);
    const once = await ran(worker);
    expect(once).toHaveLength(24);
    await before.kill();
    expect((await watched.failOver(performance.now() - cutOff)).port).toBe(after.port);

    await allEnd(lines.slice(QUICK - 4));
    // What the new primary had of them ran again: a result that is lost cannot be known.
    const twice = (await ran(worker)).slice(24);
    expect(twice.length).toBeGreaterThan(0);
    expect(twice.every(i => i >= QUICK - 4)).toBe(true);
    const lost: string[] = [];
    const found = await audit(queue, readTaskFile(Readable.from([lines.join('\n')])), {
      onProblem: () => undefined,
      onLost: some => {
        lost.push(...some.map(({ task }) => task.line));
      },
    });
    expect(lost).toEqual(lines.slice(0, QUICK - 4));
    expect(found).toMatchObject({ lost: QUICK - 4, finished: 8 });
    await submit(queue, lost);
    await allEnd(lines);
  });
});

const addressWords = () =>
  `queues of ${String(watched.conf.redis_sentinels).replaceAll(',', ', ')}`;

describe('connecting by sentinels', () => {
  const refusal = async (change: Partial<RedisAddress>): Promise<RedisUnreachable> => {
    const address = { ...addressOf(watched.conf), ...change };
    const error = await connect(address, 'test').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof RedisUnreachable)) throw new Error(`expected a refusal, got ${error}`);
    return error;
  };

  it('needs one of them only, and says what is wrong otherwise', async () => {
    const [first, second, third] = watched.sentinels;
    if (!first || !second || !third) throw new Error('three sentinels');
    const all = watched.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(', ');
    expect(await refusal({ sentinelName: 'other' })).toMatchObject({
      kind: 'other_kind',
      message: `The sentinels at ${all} know no primary "other". Give the name that stands after "sentinel monitor" in their configuration as redis_sentinel_name.`,
    });
    expect(await refusal({ sentinelPassword: 'wrong' })).toMatchObject({
      kind: 'refused_sentinel_password',
      message: `The sentinels at ${all} refused the password. Give the right one as redis_sentinel_pass; redis_pass is that of Redis itself.`,
    });
    expect(await refusal({ password: 'wrong' })).toMatchObject({ kind: 'refused_password' });
    const server = `127.0.0.1:${(await watched.primary()).port}`;
    expect((await refusal({ sentinels: [server], sentinelPassword: 'of redis' })).message).toBe(
      `What answers at ${server} is no sentinel. Name it as redis_host if it is Redis itself.`,
    );
    const plain = connect({ url: first.url }, 'test');
    await expect(plain).rejects.toThrow(`Redis at 127.0.0.1:${first.port} is a sentinel.`);

    await Promise.all([first.kill(), second.kill()]);
    const again = await connect(addressOf(watched.conf), 'test');
    expect(await again.ping()).toBe('PONG');
    again.disconnect();
    await third.kill();
    expect(await refusal({})).toMatchObject({
      kind: 'unreachable',
      message: `No sentinel answers at ${all}. Are they running, and reachable from this machine?`,
    });
  });
});
