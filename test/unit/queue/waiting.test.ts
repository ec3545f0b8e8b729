import { describe, expect, it } from 'vitest';
import { type EndingTask, type Ends, roomLater } from '../../../src/queue/roomLater';
import { type WaitingFacts, whyItWaits } from '../../../src/queue/waiting';
import { byNearness, verdictWords, waitingWords } from '../../../src/queue/waitingWords';
import type { WorkerDetails } from '../../../src/queue/workerDetails';
import type { QueueWorker } from '../../../src/queue/workers';

const NOW = 1_800_000_000_000;

/** One on a machine of its own, idle, with 32 GB and 8 cores, unless it is said otherwise. */
function worker(
  name: string,
  details: Partial<WorkerDetails> = {},
  rest: Partial<QueueWorker> = {},
): QueueWorker {
  const { capacity_gb = 32 } = details;
  return {
    name,
    kind: 'ours',
    instance: `i-${name}`,
    machine: `m-${name}`,
    draining: false,
    heartbeatAgeMs: 1_000,
    looksWithoutChange: 0,
    load: { usedCores: 0, totalCores: 8, usedGb: 0, totalGb: capacity_gb },
    ...rest,
    details: {
      lanes: 8,
      running: 0,
      buffered: 0,
      capacity_gb,
      spare_gb: capacity_gb,
      promised_gb: 0,
      promised_cores: 0,
      switches: {},
      ...details,
    },
  };
}

const original = (name: string, rest: Partial<QueueWorker> = {}): QueueWorker => ({
  name,
  kind: 'original',
  draining: false,
  heartbeatAgeMs: 1_000,
  looksWithoutChange: 0,
  details: { switches: {} },
  ...rest,
});

const facts = (
  memoryGb: number,
  cores: number,
  workers: QueueWorker[],
  rest: Partial<WaitingFacts> = {},
): WaitingFacts => ({
  closed: false,
  paused: false,
  pausedAfterFailures: null,
  limitReached: undefined,
  indexed: true,
  need: { memoryGb, lineGb: memoryGb, cores },
  oursAlone: false,
  failedOn: '',
  waitsMs: 0,
  triedBy: [],
  higher: 0,
  ahead: 0,
  reservation: undefined,
  workers,
  ends: new Map(),
  ...rest,
});

const said = (given: WaitingFacts) => waitingWords(whyItWaits(given));
const verdicts = (given: WaitingFacts) =>
  Object.fromEntries(
    byNearness(whyItWaits(given).workers).map(one => [one.worker.name, verdictWords(one, NOW)]),
  );

const task = (memoryGb: number, ranMs: number, rest: Partial<EndingTask> = {}): EndingTask => ({
  memoryGb,
  cores: 1,
  ranMs,
  timeoutMs: undefined,
  meanMs: 600_000,
  ...rest,
});
const all = (...tasks: EndingTask[]): Ends => ({ tasks, complete: true });

describe('why a task waits', () => {
  it('needs more memory than is free, and says where it will be free and when', () => {
    const node7 = worker('node7~1');
    const node3 = worker(
      'node3~1',
      { capacity_gb: 120, spare_gb: 100, promised_gb: 110, running: 3 },
      { load: { usedCores: 3, totalCores: 8, usedGb: 100, totalGb: 128 } },
    );
    const ends = new Map([
      ['node3~1', all(task(40, 300_000), task(40, 240_000), task(20, 60_000))],
    ]);
    const given = facts(64, 1, [node3, node7], { ends });
    expect(said(given)).toBe(
      'Waiting: needs 64 GB; the largest free is 32 GB on node7~1. node3~1 (128 GB) will be free when 2 tasks end, in about 6 min.',
    );
    expect(verdicts(given)).toEqual({ 'node3~1': '18 GB free', 'node7~1': 'has 32 GB for tasks' });
  });

  it('needs more than any worker has', () => {
    const workers = [worker('a~1'), worker('b~1', { capacity_gb: 48.5 })];
    expect(said(facts(64, 1, workers))).toBe(
      'Waiting: needs 64 GB; the largest worker has 49 GB for tasks (b~1). It runs when a worker with more memory is started.',
    );
    expect(said(facts(0, 16, workers))).toBe(
      'Waiting: needs 16 cores; the most that a worker has is 8 (a~1). It runs when a worker with more cores is started.',
    );
  });

  it('was seen to need more than its line says', () => {
    const need = { memoryGb: 60, lineGb: 8, cores: 0 };
    expect(said(facts(0, 0, [worker('a~1')], { need }))).toContain(
      'needs 60 GB (its line says 8 GB, an attempt took more); the largest worker has 32 GB',
    );
  });

  it('counts what all workers of a machine have promised', () => {
    const machine = { machine: 'm' };
    const workers = [
      worker('a~1', { promised_cores: 5 }, machine),
      worker('a~2', { promised_cores: 2 }, machine),
    ];
    expect(said(facts(0, 4, workers))).toBe(
      'Waiting: needs 4 cores; the most that are free is 1 on a~1.',
    );
    expect(verdicts(facts(0, 4, workers))).toEqual({ 'a~1': '1 core free', 'a~2': '1 core free' });
  });

  it('finds all lanes busy', () => {
    const workers = [worker('a~1', { running: 8 }), worker('b~1', { lanes: 4, running: 4 })];
    const ends = new Map([['b~1', all(...[1, 2, 3, 4].map(n => task(0, n * 100_000)))]]);
    expect(said(facts(1, 1, workers, { ends, higher: 1240, ahead: 3 }))).toBe(
      'Waiting: all 12 lanes are busy. b~1 (32 GB) will be free when a task ends, in about 3 min. 1,240 tasks of a higher priority come before it. 3 tasks of the same kind come before it.',
    );
  });

  it('is held up by the queue', () => {
    const workers = [worker('a~1')];
    expect(said(facts(0, 0, workers, { paused: true }))).toBe(
      'Waiting: the queue is paused: nothing new starts.',
    );
    expect(said(facts(0, 0, workers, { paused: true, pausedAfterFailures: 4 }))).toBe(
      'Waiting: the queue is paused since 4 tasks failed, the limit of this queue: nothing new starts.',
    );
    expect(said(facts(0, 0, workers, { limitReached: 20 }))).toBe(
      'Waiting: the queue has as many tasks in progress as its limit allows: 20.',
    );
    expect(said(facts(0, 0, workers, { closed: true, paused: true }))).toBe(
      'Waiting: the queue is closed: workers take nothing new. The queue is paused: nothing new starts.',
    );
    expect(said(facts(0, 0, workers, { indexed: false }))).toBe(
      'Waiting: workers do not know of it yet: the one on duty finds it within seconds.',
    );
  });

  it('has nobody who takes it', () => {
    expect(said(facts(0, 0, []))).toBe('Waiting: no worker is live that takes it.');
    const silent = worker('a~1', {}, { heartbeatAgeMs: 31_000 });
    const draining = worker('b~1', {}, { draining: true });
    const given = facts(0, 0, [silent, draining]);
    expect(said(given)).toBe(
      'Waiting: no worker is live that takes it; 1 worker does not answer and 1 worker drains.',
    );
    expect(verdicts(given)).toEqual({ 'b~1': 'draining', 'a~1': 'no heartbeat for 31 s' });
  });

  it('says why live workers claim nothing', () => {
    const full = worker('a~1', { problem: 'the disk is \u001b full' });
    expect(said(facts(0, 0, [full]))).toBe(
      'Waiting: no live worker claims anything: a~1 says the disk is ␛ full.',
    );
    expect(said(facts(0, 0, [worker('a~1', { spare_gb: 0 })]))).toBe(
      'Waiting: no live worker claims anything: a~1 is short of memory.',
    );
  });

  it('knows what originals take', () => {
    const given = facts(0, 0, [original('cloud3')], { oursAlone: true });
    expect(said(given)).toBe(
      'Waiting: only workers of the original are live, and they take no line with a timeout or a colon in its command.',
    );
    expect(said(facts(0, 0, [original('cloud3')], { triedBy: ['cloud3'] }))).toBe(
      'Waiting: no worker is live that takes it.',
    );
    const may = facts(64, 0, [original('cloud3'), worker('a~1')]);
    expect(said(may)).toBe('Waiting: nothing holds it up: a worker takes it at its next look.');
    expect(verdicts(may)).toEqual({
      cloud3: 'an original: what it has room for is not known',
      'a~1': 'has 32 GB for tasks',
    });
    const dead = original('cloud3', { looksWithoutChange: 5, heartbeatAgeMs: 60_000 });
    expect(said(facts(0, 0, [dead]))).toContain('1 worker does not answer');
  });

  it('failed somewhere, and waits for another worker', () => {
    const given = facts(0, 0, [worker('a~1'), worker('b~1', { running: 8 })], {
      failedOn: 'a~1',
      waitsMs: 8_000,
    });
    expect(said(given)).toBe(
      'Waiting: it failed on a~1, and waits 8 s for another worker. All 8 lanes are busy.',
    );
    expect(verdicts(given)['a~1']).toBe('the task failed there: others come first');
  });

  it('has a worker that keeps itself free for it, or for another', () => {
    const workers = [worker('a~1', { running: 8 }), worker('b~1')];
    const forIt = { instance: 'i-a~1', forIt: true };
    expect(said(facts(0, 0, [workers[0] as QueueWorker], { reservation: forIt }))).toBe(
      'Waiting: until there is room for it, a~1 takes nothing else. All 8 lanes are busy.',
    );
    const forAnother = { instance: 'i-b~1', forIt: false };
    expect(verdicts(facts(0, 0, workers, { reservation: forAnother }))['b~1']).toBe(
      'keeps itself free for a bigger task',
    );
  });

  it('may be held up by nothing at all', () => {
    const given = facts(8, 2, [worker('a~1')]);
    expect(said(given)).toBe('Waiting: nothing holds it up: a worker takes it at its next look.');
    expect(verdicts(given)).toEqual({ 'a~1': 'has room for it' });
  });

  it('does not take what older workers do not tell for a lack of it', () => {
    const { spare_gb: _, promised_gb: __, ...details } = worker('a~1').details;
    const old: QueueWorker = { ...worker('a~1'), details };
    expect(verdicts(facts(20, 4, [old]))).toEqual({ 'a~1': 'has room for it' });
  });
});

describe('when a worker has room', () => {
  const [busy] = whyItWaits(
    facts(64, 1, [worker('a~1', { spare_gb: 4, lanes: 2, running: 2 })]),
  ).workers;
  const need = { memoryGb: 10, lineGb: 10, cores: 1 };
  const later = (ends: Ends | undefined) => {
    const found = busy && roomLater(busy, need, ends);
    return found && { tasks: found.tasks, inMs: found.inMs, latestMs: found.latestMs };
  };

  it.each([
    ['the first to end is enough', all(task(8, 500_000), task(8, 1_000)), 1, 100_000, undefined],
    ['both must end', all(task(4, 500_000), task(4, 100_000)), 2, 500_000, undefined],
    [
      'one has run for longer than others take',
      all(task(8, 700_000), task(0, 1_000)),
      1,
      undefined,
      undefined,
    ],
    [
      'no task has ended lately, but there are timeouts',
      all(task(8, 1_000, { meanMs: undefined, timeoutMs: 61_000 })),
      1,
      undefined,
      60_000,
    ],
  ])('%s', (_, ends, tasks, inMs, latestMs) => {
    expect(later(ends)).toEqual({ tasks, inMs, latestMs });
  });

  it('is not said where it is not known', () => {
    expect(later(undefined)).toBeUndefined();
    expect(later(all(task(1, 1_000)))).toBeUndefined();
    expect(later({ tasks: [task(20, 1_000)], complete: false })).toBeUndefined();
  });
});
