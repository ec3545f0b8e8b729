/** What an attempt finds, and what is said of how it ended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../setup/processes';
import { Bench, KINDS, LANE_KINDS, waitFor } from './harness';

/** As `kill -l` numbers them on Linux, from 1. */
const SIGNALS = [
  ...['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2'],
  ...['PIPE', 'ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG'],
  ...['XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS'],
];

describe.each(KINDS)('an attempt, by $name', kind => {
  it('ends with its own exit code, 128 + n being read as signal n', async () => {
    const bench = new Bench(kind);
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const said = new Map<number, unknown>();
    const next = async (): Promise<void> => {
      for (let code = codes.shift(); code !== undefined; code = codes.shift()) {
        const { outcome } = await bench.run(`exit ${code}`);
        said.set(code, outcome.signal ?? outcome.exit);
      }
    };
    await Promise.all([next(), next(), next(), next()]);
    for (let code = 0; code < 256; code += 1) {
      const signal = code > 128 ? SIGNALS[code - 129] : undefined;
      expect(said.get(code)).toBe(signal === undefined ? code : `SIG${signal}`);
    }
  });

  it('writes standard output and standard error to its own two files, byte for byte', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run(`printf 'a\\377\\376b\\n'; printf 'c\\200' >&2`);
    expect(ran.outcome).toMatchObject({ started: true, exit: 0 });
    expect(ran.out).toBe('a��b\n');
    expect(ran.err).toBe('c�');
  });

  it('finds an empty standard input', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('cat; read -r line; echo "read: $?"');
    expect(ran.out).toBe('read: 1\n');
    expect((await bench.run('echo next')).out).toBe('next\n');
  });

  it('cannot write a status of its own on file descriptor 3', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('{ echo 0 >&3; } 2>/dev/null; sleep 0.1; exit 5');
    expect(ran.outcome).toMatchObject({ started: true, exit: 5 });
    expect((await bench.run('exit 6')).outcome.exit).toBe(6);
  });

  it('has no file open that is not its own', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('ls -l /proc/$$/fd; [ ! -e /proc/$$/fd/3 ] && echo no 3');
    expect(ran.out).toContain('no 3');
    expect(ran.out).not.toContain('socket:');
    expect(ran.out).toContain(`1 -> ${ran.spec.outputBase}.out`);
    expect(ran.out).toContain(`2 -> ${ran.spec.outputBase}.err`);
    expect(ran.out).toContain('0 -> /dev/null');
  });

  it('may replace its shell with exec', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run('exec sleep 0.2');
    expect(ran.outcome).toMatchObject({ started: true, exit: 0 });
    expect(ran.outcome.durationMs).toBeGreaterThanOrEqual(200);
    expect((await bench.run('exec /no/such/program')).outcome.exit).toBe(127);
  });

  it.each(['KILL', 'SEGV', 'TERM', 'INT', 'PIPE', 'ABRT'])(
    'is said to have died of SIG%s when it sends that to itself, and standard error is its own',
    async name => {
      const bench = new Bench(kind);
      const silent = await bench.run(`kill -s ${name} $$`);
      expect(silent.outcome).toMatchObject({ started: true, signal: `SIG${name}` });
      expect(silent.outcome.exit).toBeUndefined();
      expect(silent.err).toBe('');
      const loud = await bench.run(`printf oops >&2; kill -s ${name} $$`);
      expect(loud.err).toBe('oops');
    },
  );

  it('of 127 KiB is run whole', async () => {
    const bench = new Bench(kind);
    const filler = 'x'.repeat(127 * 1024 - 40);
    const ran = await bench.run(`x=${filler}; echo "$x" | wc -c`);
    expect(Number(ran.out)).toBe(filler.length + 1);
  });

  it('longer than an argument may be fails, rather than coming back for ever', async () => {
    const bench = new Bench(kind);
    const ran = await bench.run(`: ${'x'.repeat(132 * 1024)}`);
    expect(ran.outcome).toMatchObject({ started: true, exit: 126 });
    expect(ran.err).toContain('Argument list too long');
    expect((await bench.run('echo next')).out).toBe('next\n');
  });

  it.each([
    '  leading and trailing blanks  ',
    '\ttabs\tand\\backslashes\\n',
    '"double" $dollar `ticks` !bang %percent * ? [glob] ~ # ; & | < > ( ) { }',
    'ünïcödé … 漢字 🎉 \u0080\u0081\u0088 \ufeff',
    '-n -c --',
  ])('keeps every character of %j', async text => {
    const bench = new Bench(kind);
    expect((await bench.run(`printf %s '${text}'`)).out).toBe(text);
  });

  it.each(['-n looks like an option', '   ', '', "'unbalanced", '# only a comment'])(
    'whose command is %j goes to the shell as it is, and the next one is unharmed',
    async command => {
      const bench = new Bench(kind);
      const ran = await bench.run(command);
      expect(ran.outcome.started).toBe(true);
      expect(ran.outcome.exit === 0).toBe(/^\s*(#.*)?$/.test(command));
      expect((await bench.run('echo next')).out).toBe('next\n');
    },
  );

  it('refuses a command of two lines', async () => {
    const bench = new Bench(kind);
    await expect(bench.run('echo a\necho b')).rejects.toThrow('must be one line');
  });

  it('has the environment of the worker and who it is, no secret and nothing of the lane', async () => {
    const environment = {
      PATH: process.env.PATH,
      HOME: '/somewhere',
      MINE: 'kept',
      DISTCOMP_REDIS_PASS: 'secret',
      DISTCOMP_TASK_ID: 'stale',
      DISTCOMP_ANYTHING: 'internal',
      _o: 'stale',
      _c: 'stale',
      _s: 'stale',
    };
    const bench = new Bench(kind, { environment });
    const ran = await bench.run('cat /proc/self/environ', { attempt: 3 });
    const found = new Map(
      ran.out
        .split('\0')
        .filter(Boolean)
        .map(entry => entry.split('=', 2) as [string, string]),
    );
    expect(Object.fromEntries([...found].filter(([name]) => name.startsWith('DISTCOMP')))).toEqual({
      DISTCOMP_TASK_ID: ran.spec.taskId,
      DISTCOMP_WORKER: 'bench~1',
      DISTCOMP_ATTEMPT: '3',
      DISTCOMP_INSTANCE: bench.instance,
    });
    expect(found.get('MINE')).toBe('kept');
    expect(found.get('HOME')).toBe('/somewhere');
    const ofAnyShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    const added = [...found.keys()].filter(name => !(name in environment));
    expect(added.filter(name => !ofAnyShell.includes(name)).sort()).toEqual([
      'DISTCOMP_ATTEMPT',
      'DISTCOMP_INSTANCE',
      'DISTCOMP_WORKER',
    ]);
    expect(ran.out).not.toContain(ran.spec.outputBase);
    expect(ran.out).not.toContain(ran.spec.command);
    expect(ran.out).not.toContain('secret');
  });

  it('leaves nothing of its shell to the next one', async () => {
    const bench = new Bench(kind);
    await bench.run('LEAK=1; export LEAK; cd /; umask 077; trap "" TERM; set -f; ulimit -n 64');
    const ran = await bench.run('echo "[$LEAK] $PWD $(umask) $(ulimit -n)"; trap');
    const fresh = new Bench(kind, { cwd: bench.folder });
    const expected = await fresh.run('echo "[$LEAK] $PWD $(umask) $(ulimit -n)"; trap');
    expect(ran.out).toBe(expected.out);
    expect(ran.out).toContain(`[] ${bench.folder}`);
  });

  it('runs beside many others, each with its own output', async () => {
    const bench = new Bench(kind);
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        bench.run(`echo $DISTCOMP_TASK_ID; echo err $DISTCOMP_TASK_ID >&2; exit ${i}`),
      ),
    );
    for (const [i, ran] of all.entries()) {
      expect(ran.outcome.exit).toBe(i);
      expect(ran.out).toBe(`${ran.spec.taskId}\n`);
      expect(ran.err).toBe(`err ${ran.spec.taskId}\n`);
    }
    expect(bench.executor.busy()).toBe(0);
  });

  it('tells its highest memory and its CPU time when it runs long enough to be seen', async () => {
    const bench = new Bench(kind);
    const { ended } = await bench.begin(
      'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; echo on; while [ ! -e go ]; do sleep 0.05; done',
      'on',
    );
    // The look that finds what another one left has seen this one too.
    const left = Number((await bench.run('sleep 9999 & echo $!')).out);
    await waitFor('the end of what it left', () => !isAlive(left));
    await bench.run('touch go');
    const { outcome } = await ended;
    expect(outcome.peakMb).toBeGreaterThan(0);
    expect(outcome.cpuSeconds).toBeGreaterThan(0);
  });

  it('is said not to have started, with the reason, where its output cannot be written', async () => {
    const bench = new Bench(kind);
    const file = join(bench.folder, 'file');
    writeFileSync(file, '');
    const ran = join(bench.folder, 'ran');
    for (const [outputBase, reason] of [
      [join(bench.folder, 'missing', 'x'), 'no such folder'],
      [join(file, 'x'), 'not a folder'],
      [join(bench.folder, 'x'.repeat(252)), 'name is too long'],
    ] as const) {
      const { outcome } = await bench.run(`touch ${ran}`, { outputBase });
      expect(outcome).toMatchObject({
        started: false,
        notStarted: expect.stringContaining(reason),
      });
      expect(outcome.exit).toBeUndefined();
    }
    expect((await bench.run(`ls ${ran}`)).outcome.exit).not.toBe(0);
  });
});

describe.each(LANE_KINDS)('an attempt that could not start, in $name', kind => {
  it('leaves its lane as it was', async () => {
    const bench = new Bench(kind);
    const lane = (await bench.run('echo $PPID')).out;
    await bench.run('true', { outputBase: join(bench.folder, 'missing', 'x') });
    expect((await bench.run('echo $PPID')).out).toBe(lane);
  });

  it('is told from one that failed when only its .err cannot be opened', async () => {
    const bench = new Bench(kind);
    const spec = bench.spec('echo ran');
    await bench.run(`mkdir ${spec.outputBase}.err`);
    const outcome = await bench.executor.run(spec);
    expect(outcome.started).toBe(false);
  });
});

describe.each(KINDS)('an executor, by $name', kind => {
  it('says what is wrong when its shell cannot start', async () => {
    const bench = new Bench(kind, { cwd: '/no/such/folder' });
    const { outcome } = await bench.run('true');
    expect(outcome).toMatchObject({
      started: false,
      notStarted: expect.stringContaining('/no/such/folder'),
    });
  });

  it('counts what runs', async () => {
    const bench = new Bench(kind);
    const { ended } = await bench.begin('echo on; while [ ! -e go ]; do sleep 0.05; done', 'on');
    expect(bench.executor.busy()).toBe(1);
    await bench.run('touch go');
    await ended;
    expect(bench.executor.busy()).toBe(0);
  });
});
