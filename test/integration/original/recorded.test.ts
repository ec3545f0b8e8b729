/** The emulated original does what the original was seen to do. */
import { describe, expect, it } from 'vitest';
import { until } from '../../setup/until';
import { recorded, recordedState, useOriginals } from './harness';

const test = useOriginals();

/** The host of the record, and its worker with short waits and without the two free cores. */
const RECORDED_WORKER = {
  host: { usedCores: 0.78, cores: 2, usedGb: 0.83, totalGb: 23.54 },
  conf: { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 },
  freeCores: 0,
  secondMs: 5,
};

/** When the recorded worker last reported: 13 seconds before its status was printed. */
const RECORDED_AT = 1_795_485_575;

/** Headings in their order, each with its lines in no order: Redis gives them in none. */
function sections(output: string): [string, string[]][] {
  const found: [string, string[]][] = [['', []]];
  for (const line of output.split('\n')) {
    if (line.startsWith('####') || line.startsWith('  worker  ')) found.push([line, []]);
    else found.at(-1)?.[1].push(line);
  }
  return found.map(([heading, lines]) => [heading, lines.sort()]);
}

const withoutTime = (output: string) => output.replace(/^\d\d:\d\d:\d\d: /m, '');

describe('the emulated original', () => {
  it('prints and adds what was recorded when it loads the recorded task file', async () => {
    const output = await test.manager().loadTask(recorded('original-tasks.txt')).run();
    expect(withoutTime(output)).toBe(withoutTime(recorded('original-load.out')));
    const { todo_tasks = {}, finished_tasks = {} } = recordedState();
    const tasks = [...Object.keys(todo_tasks), ...Object.keys(finished_tasks)];
    expect(await test.state()).toEqual({
      todo_tasks: Object.fromEntries(tasks.map(line => [line, ''])),
    });
  });

  it('leaves the recorded state when its worker has run those tasks', async () => {
    await test.manager().loadTask(recorded('original-tasks.txt')).run();
    const worker = test.worker('vm.example.org', RECORDED_WORKER);
    const running = worker.run();
    const worker_status = { vm: expect.stringMatching(/^\d{10,}:0\.78:2\.00:0\.83:23\.54$/) };
    const expected = { ...recordedState(), worker_status };
    await until(async () => {
      expect(await test.state()).toEqual(expected);
      return worker.processes.length === 0;
    });
    worker.stop();
    await running;
    expect(await test.state()).toEqual(expected);
  });

  it('prints the recorded status for the recorded state', async () => {
    for (const [key, hash] of Object.entries(recordedState())) await test.redis.hset(key, hash);
    const manager = test.manager({ now: () => RECORDED_AT + 13.2 });
    const output = (await manager.checkTask().run()) + (await manager.checkWorker().run());
    expect(sections(output)).toEqual(sections(recorded('original-status.out')));
  });
});
