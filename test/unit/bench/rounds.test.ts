import { describe, expect, it } from 'vitest';
import { runInTurn } from '../../bench/suite/rounds';

function competitors(names: readonly string[]) {
  const order: string[] = [];
  const made = names.map(name => [name, async () => ({ place: order.push(name) })] as const);
  return { order, competitors: Object.fromEntries(made) };
}

describe('rounds', () => {
  it('are run in turn after a warm-up each, which does not count', async () => {
    const { order, competitors: both } = competitors(['A', 'B']);
    const samples = await runInTurn({ competitors: both, rounds: 2 });
    expect(order.join(' ')).toBe('A B A B A B');
    expect(samples).toEqual({ A: { place: [3, 5] }, B: { place: [4, 6] } });
  });

  it('are run once by who is too slow for more', async () => {
    const { order, competitors: both } = competitors(['A', 'slow']);
    const samples = await runInTurn({ competitors: both, rounds: 2, once: ['slow'] });
    expect(order.join(' ')).toBe('A A slow A');
    expect(samples.slow).toEqual({ place: [3] });
  });

  it('tell what runs', async () => {
    const told: string[] = [];
    const tell = (what: string) => told.push(what);
    await runInTurn({ ...competitors(['A']), rounds: 1, tell });
    expect(told).toEqual(['warm-up: A', 'round 1 of 1: A']);
  });
});
