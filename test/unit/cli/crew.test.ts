import { describe, expect, it } from 'vitest';
import { Crew, CrewLost, type WorkerEnded } from '../../../src/cli/run/crew';

const ended = (more: Partial<WorkerEnded>): WorkerEnded => ({
  type: 'ended',
  slot: 1,
  code: 0,
  signal: null,
  reason: '',
  restartInMs: undefined,
  ...more,
});

describe('the workers of a run', () => {
  const crewOf = (size: number) => {
    const said: string[] = [];
    const lost: WorkerEnded[] = [];
    const crew = new Crew(
      size,
      text => said.push(text),
      last => lost.push(last),
    );
    return { crew, said, lost };
  };

  it('are missed when they end, and known to come back', () => {
    const { crew, said, lost } = crewOf(1);
    crew.note({ type: 'started', slot: 1, pid: 1, adopted: false });
    crew.note(ended({ code: null, signal: 'SIGKILL', reason: 'it ran', restartInMs: 500 }));
    crew.note({ type: 'restarted', slot: 1, pid: 2 });
    expect(said).toEqual(['Worker 1 ended: SIGKILL  It starts again in 0.5 s.']);
    expect(lost).toEqual([]);
  });

  it('are lost when the last one is gone for good', () => {
    const { crew, said, lost } = crewOf(2);
    crew.note(ended({ slot: 2, code: 2, reason: 'conf.json: queue must be text\u001b[2J' }));
    expect(lost).toEqual([]);
    crew.note(ended({ slot: 1, code: 3, reason: 'Cannot reach Redis' }));
    expect(lost).toHaveLength(1);
    expect(said).toEqual([
      'Worker 2 ended: exit 2  conf.json: queue must be text␛[2J',
      'Worker 1 ended: exit 3  Cannot reach Redis',
    ]);
  });

  it('are not missed when they were told to end', () => {
    const { crew, said, lost } = crewOf(1);
    crew.dismissed = true;
    crew.note(ended({}));
    expect([said, lost]).toEqual([[], []]);
  });

  it.each([
    [2, 2],
    [3, 3],
    [1, 1],
    [0, 1],
    [null, 1],
  ])('that ended with %s end the command with %i', (code, exitCode) => {
    expect(new CrewLost(ended({ code })).exitCode).toBe(exitCode);
  });
});
