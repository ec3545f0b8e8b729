import { describe, expect, it } from 'vitest';
import { queueKeys } from '../../../src/queue/keys';
import prelude from '../../../src/queue/lua/prelude.lua';

describe('keys', () => {
  it('shares six hashes of the default queue with the original and prefixes the rest', () => {
    const keys = queueKeys('default');
    const shared = [
      keys.todo,
      keys.inProgress,
      keys.finished,
      keys.failed,
      keys.reason,
      keys.status,
    ];
    expect(shared).toEqual([
      'todo_tasks',
      'in_progress_tasks',
      'finished_tasks',
      'failed_tasks',
      'task_fail_reason',
      'worker_status',
    ]);
    const ours = keys.fixed.filter(key => !shared.includes(key));
    expect(ours.length).toBe(keys.fixed.length - 6);
    for (const key of ours) expect(key).toMatch(/^distcomp:/);
    expect(keys.prefix).toBe('distcomp:');
    expect(keys.ownTodo).toBe('distcomp:todo_tasks');
  });

  it('puts {q}: before every key of a named queue, so that all stand in one slot of a cluster', () => {
    const keys = queueKeys('sweep.1_a-B');
    for (const key of [...keys.fixed, keys.prefix])
      expect(key.startsWith('{sweep.1_a-B}:')).toBe(true);
    expect(keys.todo).toBe('{sweep.1_a-B}:todo_tasks');
    expect(keys.ownTodo).toBe('{sweep.1_a-B}:distcomp:todo_tasks');
  });

  it('gives no two roles the same key, and queues nothing in common', () => {
    const all = ['default', 'a', 'b'].flatMap(name => queueKeys(name).fixed);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['', 'a b', 'a:b', '{a}', 'ä', 'a\n', 'a*'])('refuses the queue name %j', name => {
    expect(() => queueKeys(name)).toThrow(RangeError);
  });

  it('are unpacked by the prelude under the same names in the same order', () => {
    const unpacked = /^local ([A-Z_,\s]+?)\s*= unpack\(KEYS\)$/m.exec(prelude)?.[1] ?? '';
    const roles = unpacked.split(',').map(name => camelCase(name.trim()));
    const { fixed, prefix: _, ...named } = queueKeys('default');
    expect(roles).toEqual(Object.keys(named));
    expect(fixed).toEqual(Object.values(named));
  });
});

/** `OWN_TODO` → `ownTodo`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
