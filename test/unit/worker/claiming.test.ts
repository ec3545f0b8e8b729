/** When a worker asks for tasks: after wake-ups, answers and heartbeats. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/schema';
import type { ClaimRoom } from '../../../src/queue/cycle';
import type { RenewSigns } from '../../../src/queue/membership';
import { Claiming } from '../../../src/worker/claiming';

const host = { memoryGb: 1000, cores: 64 };
const settings = (conf: Record<string, unknown> = {}) => ({
  current: loadConfig({ conf: { where: 'conf.json', text: JSON.stringify(conf) } }, host).config,
});

const signs = (todo: number): RenewSigns => ({
  nowMs: 0,
  onDuty: false,
  isAlone: false,
  promise: '',
  todo,
  closed: false,
  paused: false,
  untilLimit: undefined,
  draining: false,
  othersIdle: false,
});

describe('a heartbeat', () => {
  it('that tells of an empty queue takes the place of a poll', () => {
    const claiming = new Claiming(settings());
    claiming.wake(1_000);
    claiming.renewed(signs(0), 1_999, 2_000);
    expect(claiming.isDue(2_000)).toBe(false);
    expect(claiming.claimAt).toBeGreaterThan(2_000);
  });

  it('that tells of tasks after one that told of none brings a claim at once', () => {
    const claiming = new Claiming(settings());
    claiming.renewed(signs(0), 999, 1_000);
    claiming.renewed(signs(3), 2_999, 3_000);
    expect(claiming.isDue(3_000)).toBe(true);
  });

  it('does not put off a claim for which a message woke the worker while it was under way', () => {
    const claiming = new Claiming(settings());
    claiming.wake(2_005);
    claiming.renewed(signs(0), 2_000, 2_010);
    expect(claiming.isDue(2_010)).toBe(true);
  });

  it('changes nothing without adaptive polling', () => {
    const claiming = new Claiming(settings({ adaptive_polling: false }));
    claiming.renewed(signs(0), 1_999, 2_000);
    expect(claiming.isDue(2_000)).toBe(true);
  });
});

describe('a wake-up', () => {
  const nothing = {
    kind: 'ok' as const,
    ...signs(0),
    claimed: [],
    stopsAfterFailures: false,
    liveLanes: 1,
    cursor: 0,
    epoch: '',
    promise: undefined,
    higher: false,
    keepsFree: false,
  };
  const room = { start: { tasks: 1 }, buffer: { tasks: 0 } } as ClaimRoom;

  it('brings a claim at once, however short the last poll was ago', () => {
    const claiming = new Claiming(settings());
    claiming.answered(nothing, room, 0, 1_000, 1);
    claiming.wake(1_001);
    expect(claiming.isDue(1_001)).toBe(true);
  });

  it('brings one in 20 ms when there are many', () => {
    const claiming = new Claiming(settings());
    let claims = 0;
    for (let now = 1_000; now < 1_200; now++) {
      claiming.wake(now);
      if (!claiming.isDue(now)) continue;
      claims++;
      claiming.answered(nothing, room, 0, now + 0.5, 0.4);
    }
    expect(claims).toBe(10);
  });

  it('brings another one when it came while a claim was under way', () => {
    const claiming = new Claiming(settings());
    claiming.wake(1_030);
    claiming.answered(nothing, room, 0, 1_031, 2);
    expect(claiming.isDue(1_031)).toBe(true);
  });
});
