import { execFile } from 'node:child_process';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import { requestOutput } from '../../../src/queue/requests';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { programs } from '../../setup/bundle';
import { until } from '../../setup/until';
import { startWorker } from '../../setup/workers';
import { heardDuring, useQueue } from '../queue/harness';

const test = useQueue();
const LONG_MS = 20_000;
/** Longer than a test: only a request makes such a worker renew. */
const SELDOM = { health_report_interval: 600, worker_dead_seconds: 3600 };

const conf = (more: Record<string, unknown> = {}) => ({ redis_url: test.server.url, ...more });
const names = () => test.redis.hkeys(test.queue.keys.registry);
const waiting = async () => [
  ...(await test.redis.keys('distcomp:commands:*')),
  ...(await test.redis.keys('distcomp:replies:*')),
];

/** Runs until the file `go` is there, and has written what `printing` says. */
async function startRunning(printing: string, settings: Record<string, unknown> = {}) {
  const line = `shell:1:0:0:${printing}; until test -e go; do sleep 0.05; done; echo end`;
  const worker = await startWorker({ conf: conf(settings) });
  await submit(test.queue, [line]);
  await until(async () => (await details(test.queue, line)).startedAt !== undefined);
  const [name = ''] = await names();
  const ask = (path?: string, from = name) =>
    requestOutput(test.queue, from, { line, ...(path === undefined ? {} : { path }) }, LONG_MS);
  return { line, worker, name, ask, go: () => writeFile(join(worker.folder, 'go'), '') };
}

describe('a request for what a task has written', () => {
  it('is answered while it runs, without waiting for a heartbeat', async () => {
    const { line, name, ask } = await startRunning('echo one; echo two >&2', SELDOM);
    const text = { text: 'one\n', bytes: 4, cut: false };
    await until(async () => {
      const answer = await ask();
      return answer.kind === 'ok' && answer.output.err?.text === 'two\n';
    });
    expect(await ask()).toEqual({
      kind: 'ok',
      output: {
        path: expect.stringContaining(`/distcomp-output/${taskId(line).slice(0, 2)}/`),
        attempt: 1,
        out: text,
        err: { text: 'two\n', bytes: 4, cut: false },
      },
    });
    expect(await test.redis.keys('*replies*')).toEqual([]);
    expect(await test.redis.keys('*commands*')).toEqual([]);
    expect(await names()).toEqual([name]);
  });

  it('is answered after its end by the path of its record, with the end of a long file', async () => {
    const { line, ask, go } = await startRunning('seq 1 100000', SELDOM);
    await go();
    await until(async () => (await details(test.queue, line)).state === 'finished');
    expect(await ask()).toEqual({ kind: 'no_output' });
    const { attempts } = await details(test.queue, line);
    const answer = await ask(attempts[0]?.path);
    if (answer.kind !== 'ok') expect.unreachable(answer.kind);
    expect(answer.output.out).toMatchObject({ bytes: 588_899, cut: true });
    expect(answer.output.out?.text).toMatch(/^\d+\n\d+\n[\d\n]*\n100000\nend\n$/);
    expect(Buffer.byteLength(answer.output.out?.text ?? '')).toBeLessThanOrEqual(256 * 1024);
    expect(answer.output.err).toEqual({ text: '', bytes: 0, cut: false });
  });

  it('gets no other file of the host, and none that is gone', async () => {
    const { worker, ask } = await startRunning('echo secret');
    await appendFile(join(worker.folder, 'private.out'), 'secret');
    const made = join(worker.folder, 'distcomp-output', '3f', '3f9a1c0d5e77-1-abcdef012345.7');
    for (const path of [
      join(worker.folder, 'private'),
      `${made}/../../../private`,
      `${made}x/../../../private`,
      '/etc/hostname',
    ]) {
      expect(await ask(path)).toEqual({ kind: 'no_output' });
    }
    const none = { kind: 'ok', output: { path: made } };
    expect(await ask(made)).toEqual(none);
    await mkdir(join(worker.folder, 'distcomp-output', '3f'), { recursive: true });
    await writeFile(`${made}.out`, 'kept');
    const answer = await ask(made);
    expect(answer).toMatchObject({ kind: 'ok', output: { out: { text: 'kept' } } });
    await rm(`${made}.out`);
    expect(await ask(made)).toEqual(none);
  });

  it('hastens the worker that is asked and no other, and names without a worker are said', async () => {
    const { name, ask } = await startRunning('echo one', SELDOM);
    await startWorker({ conf: conf(SELDOM) });
    const other = (await names()).find(found => found !== name) ?? '';
    const [instance = ''] = ((await test.redis.hget(test.queue.keys.registry, name)) ?? '').split(
      ' ',
    );
    const beats = await until(() => test.redis.hget('worker_status', other), {
      describe: 'the first heartbeat of the other worker',
    });
    expect(await heardDuring(test.queue, ask)).toEqual([`renew ${instance}`]);
    expect(await test.redis.hget('worker_status', other)).toBe(beats);
    for (const nobody of ['nobody~1', 'original', '']) {
      expect(await ask(undefined, nobody)).toEqual({ kind: 'no_worker' });
    }
    expect(await waiting()).toEqual([]);
  });

  it('that is none, or stands where a request should, does not stop a worker', async () => {
    const { name, ask } = await startRunning('echo one');
    const [instance = ''] = ((await test.redis.hget(test.queue.keys.registry, name)) ?? '').split(
      ' ',
    );
    const commands = `distcomp:commands:${instance}`;
    await test.redis.rpush(commands, 'no JSON', '[]', '{"id":"../x","line":"a"}', '{"id":1}');
    await until(async () => (await test.redis.exists(commands)) === 0);
    await test.redis.set(commands, 'a string');
    const before = await test.redis.get(`distcomp:last:${instance}`);
    await until(
      async () => Number(await test.redis.get(`distcomp:last:${instance}`)) > Number(before) + 1,
    );
    await test.redis.del(commands);
    expect(await ask()).toMatchObject({ kind: 'ok', output: { attempt: 1 } });
  });

  it('that nobody takes expires', async () => {
    const { ask, worker } = await startRunning('echo one');
    worker.signal('SIGSTOP');
    try {
      const asked = requestOutput(test.queue, (await names())[0] ?? '', { line: 'x' }, 300);
      expect(await asked).toEqual({ kind: 'no_answer' });
      const [key = ''] = await test.redis.keys('distcomp:commands:*');
      expect(await test.redis.ttl(key)).toBeGreaterThan(0);
    } finally {
      worker.signal('SIGCONT');
    }
    expect(await ask()).toMatchObject({ kind: 'ok' });
  });
});

describe('distcomp output', () => {
  /** The command on a host that does not see the files of the worker: its folder is empty there. */
  async function elsewhere(
    folder: string,
    args: string[],
  ): Promise<{ stdout: string; stderr: string }> {
    const { cli } = programs();
    const command = `mount -t tmpfs none "$0" && exec "$@"`;
    return promisify(execFile)(
      'unshare',
      ['--mount', 'sh', '-c', command, folder, process.execPath, cli, 'output', ...args],
      { env: { PATH: process.env.PATH, DISTCOMP_REDIS_URL: test.server.url } },
    );
  }

  it('asks the worker for what a task has written so far, and for files of another host', async () => {
    const { line, name, worker, go } = await startRunning('echo one; seq 1 50 >&2', SELDOM);
    const id = taskId(line);
    await until(async () => (await elsewhere(worker.folder, [id])).stderr.includes('50\n'));
    const running = await elsewhere(worker.folder, [id]);
    expect(running.stdout).toBe('one\n');
    expect(running.stderr).toMatch(new RegExp(`^From ${name}: .*/distcomp-output/.*\\n1\\n2\\n`));
    await go();
    await until(async () => (await details(test.queue, line)).state === 'finished');
    const ended = JSON.parse((await elsewhere(worker.folder, [id, '--json'])).stdout);
    const { attempts } = await details(test.queue, line);
    expect(ended).toMatchObject({
      ...{ state: 'finished', running: false, source: 'worker', complete: true },
      ...{ path: attempts[0]?.path, out: 'one\nend\n', attempt: { number: 1 } },
    });
  });

  it('prints the attempt that is asked for', async () => {
    const line = 'shell:1:0:0:echo try $DISTCOMP_ATTEMPT; false';
    await startWorker({ conf: conf({ max_retry_per_task: 2 }) });
    await submit(test.queue, [line]);
    await until(async () => (await details(test.queue, line)).state === 'failed');
    const { cli } = programs();
    const env = { PATH: process.env.PATH, DISTCOMP_REDIS_URL: test.server.url };
    const print = (...args: string[]) =>
      promisify(execFile)(process.execPath, [cli, 'output', taskId(line), ...args], { env });
    expect((await print()).stdout).toBe('try 2\n');
    expect((await print('--attempt', '1')).stdout).toBe('try 1\n');
    await expect(print('--attempt', '3')).rejects.toMatchObject({
      code: 2,
      stderr: 'This task has no attempt 3. It has 1, 2.\n',
    });
  });
});
