import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { Ending, Untouchables } from '../../../src/worker/lanes/ending';
import { processTable } from '../../../src/worker/lanes/processTable';
import { until } from '../../setup/until';

afterEach(() => {
  vi.restoreAllMocks();
});

it('asks first, though the first look comes later than the grace', async () => {
  const cleansUp = 'trap "echo asked" TERM; echo on; while :; do sleep 0.01; done';
  const child = spawn('/bin/sh', ['-c', cleansUp], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  let said = '';
  child.stdout.on('data', text => {
    said += text;
  });
  await until(() => said.includes('on'));
  const table = processTable();
  const one = (await table.list()).find(({ pid }) => pid === child.pid);
  if (!one) throw new Error('it is not among the processes');

  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const ending = new Ending(table, new Untouchables(), { graceMs: 1_000 });
  now = 5_000;
  ending.sweep([one]);
  await until(() => said.includes('asked'));
  now = 5_999;
  ending.sweep([one]);
  expect(child.signalCode).toBeNull();
  now = 6_000;
  ending.sweep([one]);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

it('is over when two looks, one after the other, find nothing of what has ended', async () => {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; exec sleep 999'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const table = processTable();
  const one = (await table.list()).find(({ pid }) => pid === child.pid);
  if (!one) throw new Error('it is not among the processes');
  let settled = false;
  const options = { graceMs: 60_000, settled: () => settled };
  const ending = new Ending(table, new Untouchables(), options);
  const overAfter = (found: (typeof one)[]) => {
    ending.sweep(found);
    return ending.over;
  };
  expect([overAfter([]), overAfter([])]).toEqual([false, false]);
  settled = true;
  // One that has just executed another program is missed by a look, and is there in the next.
  expect([overAfter([]), overAfter([one]), overAfter([])]).toEqual([false, false, false]);
  expect(overAfter([])).toBe(true);
  await ending.done;
  child.kill('SIGKILL');
  await ended;
});
