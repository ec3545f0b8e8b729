import { describe, expect, it } from 'vitest';
import { EventReader } from '../../../../src/cluster/local/eventReader';

const started = (slot: number) => ({ type: 'started', slot, pid: 100 + slot });
const line = (slot: number) => `${JSON.stringify(started(slot))}\n`;

describe('the events of a local cluster', () => {
  it('are told once each, and not what stood there before the first look', () => {
    const events = new EventReader();
    expect(events.fresh(line(1))).toEqual([]);
    expect(events.fresh(line(1) + line(2) + line(3))).toEqual([started(2), started(3)]);
    expect(events.fresh(line(1) + line(2) + line(3))).toEqual([]);
  });

  it('wait until their line is whole, wherever it was cut', () => {
    for (let cut = 1; cut < line(2).length; cut++) {
      const events = new EventReader();
      events.fresh(line(1));
      expect(events.fresh(line(1) + line(2).slice(0, cut))).toEqual([]);
      expect(events.fresh(line(1) + line(2))).toEqual([started(2)]);
    }
  });

  it('are told though the first look came while one was written', () => {
    const events = new EventReader();
    expect(events.fresh(line(1) + line(2).slice(0, 5))).toEqual([]);
    expect(events.fresh(line(1) + line(2))).toEqual([started(2)]);
  });

  it('of a new keeper, which begins the file anew, are all told', () => {
    const events = new EventReader();
    events.fresh(line(1) + line(2));
    expect(events.fresh('')).toEqual([]);
    expect(events.fresh(line(3))).toEqual([started(3)]);
  });

  it('after one that was never written to its end are told', () => {
    const events = new EventReader();
    events.fresh('');
    expect(events.fresh(`{"type":"sta${line(1)}${line(2)}`)).toEqual([started(2)]);
  });
});
