import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS, faultsNamed, needSentinels, USUAL_FAULTS } from '../../chaos/faults';
import { FAMILIES, type Plan, printSchedule, schedule } from '../../chaos/schedule';

const plan: Plan = { seed: 7, forMs: 600_000, workers: 4, faults: FAULTS, everyMs: 2000 };

describe('the schedule of a chaos run', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(schedule(plan)).toEqual(schedule(plan));
    expect(schedule({ ...plan, seed: 8 })).not.toEqual(schedule(plan));
  });

  it('is in the order of time, and ends with the run', () => {
    const times = schedule(plan).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(plan.forMs);
    expect(times.length).toBeGreaterThan(200);
  });

  it('has each fault once before one comes again, and meets workers that there are', () => {
    const strikes = schedule(plan);
    const first = strikes.slice(0, FAULTS.length).map(({ fault }) => fault);
    expect(first.sort()).toEqual(FAULTS.map(({ name }) => name).sort());
    expect([...new Set(strikes.map(({ slot }) => slot))].sort()).toEqual([1, 2, 3, 4]);
  });

  it('keeps each fault within its shortest and its longest time', () => {
    for (const { fault, forMs } of schedule(plan)) {
      const [shortest = 0, longest = 0] = faultsNamed([fault])[0]?.seconds ?? [];
      expect(forMs).toBeGreaterThanOrEqual(1000 * shortest);
      expect(forMs).toBeLessThanOrEqual(1000 * longest);
    }
  });

  it('is told one line a strike', () => {
    const strikes = schedule({ ...plan, forMs: 10_000 });
    expect(printSchedule(strikes).split('\n')).toHaveLength(strikes.length);
  });
});

describe('faults', () => {
  it('have names of their own, and families that can be named instead', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    expect(FAMILIES.flatMap(family => faultsNamed([family]))).toHaveLength(FAULTS.length);
    expect(() => faultsNamed(['plague'])).toThrow('No fault "plague"');
  });

  it('of one server are played without a failover', () => {
    expect(needSentinels(USUAL_FAULTS)).toBe(false);
    expect(needSentinels(faultsNamed(['failover', 'worker', 'tasks', 'people']))).toBe(true);
    const both = () => needSentinels(faultsNamed(['failover', 'kill-redis']));
    expect(both).toThrow('"kill-redis" needs a server that stays: play "failover" without it.');
  });
});

describe('docs/reliability.md', () => {
  it('has a row with the command for each fault, and names no other', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/reliability.md'), 'utf8');
    const rows = page.split('\n').filter(line => line.startsWith('| '));
    const cells = rows.map(row => row.split('|').at(-2) ?? '');
    const named = cells.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(found => found[1]));
    const faults = named.filter(name => name !== '--faults');
    expect(faults.sort()).toEqual(FAULTS.map(({ name }) => name).sort());
  });
});
