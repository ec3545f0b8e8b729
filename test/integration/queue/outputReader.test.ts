import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTail } from '../../../src/host/fileTail';
import { details } from '../../../src/queue/details';
import type { AttemptOutput, ReadHere } from '../../../src/queue/output';
import { OutputReader, type TaskOutput } from '../../../src/queue/outputReader';
import { submit } from '../../../src/queue/submit';
import { until } from '../../setup/until';
import { startWorker, type TestWorker } from '../../setup/workers';
import { heardDuring, useQueue } from './harness';

const test = useQueue();

/** As on a machine that does not see the worker's files. */
const nothingHere: ReadHere = async () => undefined;

const outputOf = ({ found }: TaskOutput): AttemptOutput | undefined =>
  found.kind === 'none' ? undefined : found.output;

/** Requests that were left for workers meanwhile. */
async function requestsDuring(work: () => Promise<unknown>): Promise<number> {
  const heard = await heardDuring(test.queue, work);
  return heard.filter(message => message.startsWith('renew')).length;
}

/** A task of two attempts: each prints its number, waits for the file `go-N`, and fails. */
async function startTask(): Promise<{ line: string; worker: TestWorker }> {
  const line =
    'shell:1:0:0:echo try $DISTCOMP_ATTEMPT; until test -e go-$DISTCOMP_ATTEMPT; do sleep 0.05; done; false';
  const conf = { redis_url: test.server.url, max_retry_per_task: 2, health_report_interval: 600 };
  const worker = await startWorker({ conf: { ...conf, worker_dead_seconds: 3600 } });
  await submit(test.queue, [line]);
  await runs(line, 1);
  return { line, worker };
}

/** The same when both of its attempts have failed. */
async function failedTask(): Promise<{ line: string; worker: TestWorker }> {
  const task = await startTask();
  await end(task.worker, 1);
  await end(task.worker, 2);
  await until(async () => (await details(test.queue, task.line)).state === 'failed');
  return task;
}

async function runs(line: string, attempt: number): Promise<void> {
  await until(async () => {
    const { startedAt, attempts } = await details(test.queue, line);
    return startedAt !== undefined && attempts.length === attempt - 1;
  });
}

const end = (worker: TestWorker, attempt: number) =>
  writeFile(join(worker.folder, `go-${attempt}`), '');

describe('output that is read again and again', () => {
  it('asks the worker once for a file that can be read here, and follows the newest attempt', async () => {
    const { line, worker } = await startTask();
    const reader = new OutputReader(line, undefined, readTail);
    const first = await until(async () => {
      const read = await reader.read(test.queue);
      return outputOf(read)?.out.text === 'try 1\n' && read;
    });
    expect(first.found).toMatchObject({ kind: 'running', attempt: 1, output: { source: 'file' } });
    const path = `${outputOf(first)?.path}.out`;
    await writeFile(path, 'more\n', { flag: 'a' });
    const asked = await requestsDuring(async () => {
      expect(outputOf(await reader.read(test.queue))?.out.text).toBe('try 1\nmore\n');
    });
    expect(asked).toBe(0);
    await end(worker, 1);
    await runs(line, 2);
    const second = await until(async () => {
      const read = await reader.read(test.queue);
      return outputOf(read)?.out.text === 'try 2\n' && read;
    });
    expect(second.found).toMatchObject({ kind: 'running', attempt: 2 });
    await end(worker, 2);
    await until(async () => (await details(test.queue, line)).state === 'failed');
    expect((await reader.read(test.queue)).found).toMatchObject({
      ...{ kind: 'ended', record: { number: 2, exit: 1 }, output: { source: 'file' } },
    });
  });

  it('asks the worker at each read while only the worker has it, and once when it has ended', async () => {
    const { line, worker } = await startTask();
    const reader = new OutputReader(line, 1, nothingHere);
    await until(async () => outputOf(await reader.read(test.queue))?.out.text === 'try 1\n');
    expect(await requestsDuring(() => reader.read(test.queue))).toBe(1);
    worker.signal('SIGSTOP');
    const old = await reader.read(test.queue);
    expect(old.found).toMatchObject({ isOld: true, output: { out: { text: 'try 1\n' } } });
    worker.signal('SIGCONT');
    await until(async () => !('isOld' in (await reader.read(test.queue)).found));
    await end(worker, 1);
    await runs(line, 2);
    const read = await reader.read(test.queue);
    expect(read.found).toMatchObject({ kind: 'ended', record: { number: 1 } });
    expect(outputOf(read)).toMatchObject({ source: 'worker', out: { text: 'try 1\n' } });
    const asked = await requestsDuring(async () => {
      expect((await reader.read(test.queue)).found).toEqual(read.found);
    });
    expect(asked).toBe(0);
    await end(worker, 2);
  });

  it('asks again for what ended when the worker did not answer in time', async () => {
    const { line, worker } = await failedTask();
    worker.signal('SIGSTOP');
    const reader = new OutputReader(line, 1, nothingHere);
    const kept = outputOf(await reader.read(test.queue));
    expect(kept).toMatchObject({ source: 'queue', isUnanswered: true, out: { text: 'try 1\n' } });
    worker.signal('SIGCONT');
    const all = await until(async () => {
      const output = outputOf(await reader.read(test.queue));
      return output?.source === 'worker' && output;
    });
    expect(all.out.text).toBe('try 1\n');
    expect(all.isUnanswered).toBeUndefined();
  });

  it('shows what the queue keeps when the worker is gone', async () => {
    const { line, worker } = await failedTask();
    worker.signal('SIGTERM');
    await worker.ended;
    const read = await new OutputReader(line, undefined, nothingHere).read(test.queue);
    expect(outputOf(read)).toMatchObject({ source: 'queue', out: { text: 'try 2\n' } });
    const missing = await new OutputReader(line, 3, nothingHere).read(test.queue);
    expect(missing.found).toEqual({ kind: 'none' });
  });
});
