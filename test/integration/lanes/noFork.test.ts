/** A host that lets a user start no further process: what the lane's shell says then is told from what a task says. */
import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench, SHELLS } from './harness';

/** The limit does not bind root. */
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
const WITH_NO_PROCESS = ['bash', '-c', 'ulimit -u 0 && exec "$@"', 'bash'] as const;

describe.each(SHELLS)('a lane on $name that may start no process', ({ name, shell }) => {
  it('has not started its task, and says why', async () => {
    const [program, ...rest] = [...AS_NOBODY, ...WITH_NO_PROCESS, ...shell];
    const bench = new Bench({ name, lanes: true, shell: [program, ...rest] });
    chmodSync(bench.folder, 0o777);
    const outcome = await bench.executor.run(bench.spec('true'));
    expect(outcome).toMatchObject({
      started: false,
      notStarted: expect.stringMatching(/Check (its|this host’s) memory.* limit on processes/),
    });
  });
});
