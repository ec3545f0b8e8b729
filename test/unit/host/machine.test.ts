import { describe, expect, it } from 'vitest';
import { machineId, shortHostName } from '../../../src/host/machine';

describe('the name of a host', () => {
  it('is its first label', () => {
    expect(shortHostName('node0.cluster.example')).toBe('node0');
  });

  it('never holds what a worker name must not: colons, commas, tildes, blanks', () => {
    expect(shortHostName('a:b,c~d e')).toBe('a-b-c-d-e');
    expect(shortHostName('')).toBe('host');
  });
});

describe('the id of a machine', () => {
  it('is the same each time', async () => {
    expect(await machineId()).toBe(await machineId());
    expect(await machineId()).toMatch(/^[0-9a-f]{16}$/);
  });
});
