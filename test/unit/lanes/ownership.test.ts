import { describe, expect, it } from 'vitest';
import {
  attemptKey,
  belongings,
  earlierIn,
  type Session,
} from '../../../src/worker/lanes/ownership';
import type { Marker, ProcessInfo } from '../../../src/worker/lanes/processTable';

const WORKER = 10;
const LANE = 100;
const INIT = 1;
const FIRST = attemptKey({ taskId: 'a', worker: 'w~1', attempt: 1 });
const SECOND = attemptKey({ taskId: 'b', worker: 'w~1', attempt: 1 });

type Shape = Partial<ProcessInfo> & { carries?: Partial<Marker> };

/** Who owns what, by pid. */
function judge(shapes: Shape[], session: Partial<Session> = {}) {
  const lane: Session = {
    id: LANE,
    startedAt: 5,
    lane: true,
    attempt: SECOND,
    over: false,
    ...session,
  };
  const processes = [
    { pid: INIT, parent: 0, session: 1, startedAt: 0 },
    { pid: WORKER, parent: INIT, session: WORKER, startedAt: 1 },
    ...(lane.over || !lane.lane
      ? []
      : [{ pid: LANE, parent: WORKER, session: LANE, startedAt: 5 }]),
    ...shapes,
  ].map(shape => ({
    pid: 0,
    parent: INIT,
    session: LANE,
    startedAt: 50,
    stopped: false,
    memoryMb: 1,
    cpuSeconds: 0,
    ...shape,
  }));
  const markers = new Map(shapes.map(one => [one.pid, one.carries]));
  const { owned, strangers } = belongings(processes, {
    instance: 'me',
    worker: WORKER,
    sessions: new Map([[LANE, lane]]),
    marker: pid => {
      const carried = markers.get(pid);
      return carried && { instance: 'me', taskId: '', worker: 'w~1', attempt: '1', ...carried };
    },
  });
  return {
    owners: new Map([...owned].flatMap(([owner, all]) => all.map(one => [one.pid, owner]))),
    strangers: strangers.map(one => one.pid),
  };
}

describe('the owner of a process', () => {
  it('is the present attempt for the lane’s child and all below it, whatever they carry', () => {
    const { owners } = judge([
      { pid: 200, parent: LANE },
      { pid: 201, parent: 200, session: 201 },
      { pid: 202, parent: 201, session: 202, carries: { taskId: 'a' } },
    ]);
    expect([...owners]).toEqual([
      [200, SECOND],
      [201, SECOND],
      [202, SECOND],
    ]);
  });

  it('is the attempt that an orphan carries, in any session', () => {
    const { owners } = judge([
      { pid: 200, parent: LANE },
      { pid: 150, session: 150, carries: { taskId: 'a' } },
      { pid: 210, carries: { taskId: 'a' } },
      { pid: 211, session: 211, carries: { taskId: 'b' } },
    ]);
    expect(owners.get(150)).toBe(FIRST);
    expect(owners.get(210)).toBe(FIRST);
    expect(owners.get(211)).toBe(SECOND);
  });

  it('is an earlier attempt for an orphan without mark that is older than the lane’s child', () => {
    const { owners } = judge([
      { pid: 200, parent: LANE, startedAt: 60 },
      { pid: 201, startedAt: 59 },
      { pid: 199, startedAt: 60 },
      { pid: 202, startedAt: 60 },
      { pid: 150, startedAt: 61 },
    ]);
    expect(owners.get(201)).toBe(earlierIn(LANE));
    expect(owners.get(199)).toBe(earlierIn(LANE));
    expect(owners.get(202)).toBe(SECOND);
    expect(owners.get(150)).toBe(SECOND);
  });

  it('is left open while a lane is between two children', () => {
    const { owners, strangers } = judge([{ pid: 200 }]);
    expect(owners.get(200)).toBeUndefined();
    expect(strangers).not.toContain(200);
  });

  it('is an earlier attempt for what stands in an idle lane’s session, or a dead one’s', () => {
    expect(judge([{ pid: 200 }], { attempt: undefined }).owners.get(200)).toBe(earlierIn(LANE));
    expect(judge([{ pid: 200 }], { over: true }).owners.get(200)).toBe(earlierIn(LANE));
  });

  it('is a spawned attempt for all in its session', () => {
    const { owners } = judge(
      [{ pid: LANE, parent: WORKER, startedAt: 5 }, { pid: 200, parent: LANE }, { pid: 201 }],
      { lane: false },
    );
    expect([...owners.values()]).toEqual([SECOND, SECOND, SECOND]);
  });

  it('is nobody of ours for the worker, its lanes and children before their exec, and strangers', () => {
    const { owners, strangers } = judge([
      { pid: 300, parent: WORKER, session: WORKER },
      { pid: 301, session: 301 },
      { pid: 302, session: 302, carries: { instance: 'another', taskId: 'a' } },
      { pid: 303, parent: 301, session: 301 },
    ]);
    expect(owners.size).toBe(0);
    expect(strangers).toEqual([INIT, 301, 302, 303]);
  });

  it('is left open while a process has no environment, but not for the kernel’s own nor for its children', () => {
    const { owners, strangers } = judge([
      { pid: 300, session: 300, carries: { instance: '' } },
      { pid: 301, parent: 300, session: 301 },
      { pid: 302, parent: 300, session: 302, carries: { taskId: 'a' } },
      { pid: 303, session: 0, carries: { instance: '' } },
    ]);
    expect([...owners]).toEqual([[302, FIRST]]);
    expect(strangers).toEqual([INIT, 301, 303]);
  });

  it('is not the lane whose number a stranger has by now', () => {
    const { owners, strangers } = judge(
      [
        { pid: LANE, session: LANE, startedAt: 900 },
        { pid: 901, parent: LANE, session: 901, startedAt: 901 },
      ],
      { over: true, attempt: undefined },
    );
    expect(owners.get(901)).not.toBe(SECOND);
    expect(strangers).not.toContain(LANE);
  });
});
