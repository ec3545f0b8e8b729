/** What a lane says of standard output, so that the worker need not look. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench, KINDS, LANE_KINDS } from './harness';

describe.each(LANE_KINDS)('an attempt that writes nothing, by $name', kind => {
  it('is said to be silent, and one that wrote is not', async () => {
    const bench = new Bench(kind);
    expect((await bench.run('true')).outcome).toMatchObject({ exit: 0, silent: true });
    expect((await bench.run('echo oops >&2; exit 3')).outcome).toMatchObject({
      exit: 3,
      silent: true,
    });
    expect((await bench.run('printf .')).outcome.silent).toBeUndefined();
    expect((await bench.run('kill -s KILL $$')).outcome).toMatchObject({
      signal: 'SIGKILL',
      silent: true,
    });
  });

  it('is not, when it removed the file', async () => {
    const bench = new Bench(kind);
    const spec = bench.spec('');
    const outcome = await bench.executor.run({ ...spec, command: `rm ${spec.outputBase}.out` });
    expect(outcome).toMatchObject({ started: true, exit: 0 });
    expect(outcome.silent).toBeUndefined();
  });
});

describe.each(KINDS)('a folder for output that is gone, by $name', kind => {
  it('is no silence: the attempt has not started', async () => {
    const bench = new Bench(kind);
    const spec = bench.spec('true');
    rmSync(bench.folder, { recursive: true });
    const outcome = await bench.executor.run(spec);
    expect(outcome.started).toBe(false);
    expect(outcome.silent).toBeUndefined();
  });
});
