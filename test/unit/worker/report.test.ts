/** What is read of an attempt's output for its report. */
import { expect, it } from 'vitest';
import type { AttemptOutcome } from '../../../src/worker/lanes/executor';
import { reportOf } from '../../../src/worker/report';

const attempt = {
  line: 'shell:1:0:0:true',
  seq: 1,
  worker: 'w~1',
  start: 0,
  timeoutSeconds: 0,
  outputBase: '/no such folder/t-1',
};

const resultOf = async (more: Partial<AttemptOutcome>) => {
  const outcome = { started: true, exit: 0, durationMs: 1, ...more };
  const keeping = { max_result_bytes: 4096, attempt_records: 'last' } as const;
  return (await reportOf(attempt, outcome, 1, keeping)).value;
};

it('is nothing where the lane says that it was silent', async () => {
  expect(await resultOf({ silent: true })).toBe('""');
  expect(await resultOf({})).toContain('could not be read: ENOENT');
});
