import { describe, expect, it } from 'vitest';
import { expandSlurm, parsePbsNodes } from '../../../../src/cluster/ssh/nodeLists';

describe('the node list of Slurm', () => {
  it.each([
    ['node1', ['node1']],
    ['node1,gpu2', ['node1', 'gpu2']],
    ['node[1-3]', ['node1', 'node2', 'node3']],
    ['gpu1,node[08-10,17]-ib', ['gpu1', 'node08-ib', 'node09-ib', 'node10-ib', 'node17-ib']],
    ['r[1-2]n[01-02]', ['r1n01', 'r1n02', 'r2n01', 'r2n02']],
    ['node[098-101]', ['node098', 'node099', 'node100', 'node101']],
    ['  node5\n', ['node5']],
    ['', []],
  ])('%j', (list, names) => {
    expect(expandSlurm(list)).toEqual(names);
  });

  it.each(['node[3-1]', 'node[a-b]', 'node[]', 'node[1', 'node]1', 'node[1-999999]', ',', 'a,,b'])(
    'refuses %j',
    list => {
      expect(() => expandSlurm(list)).toThrow(RangeError);
    },
  );
});

describe('the node file of PBS', () => {
  it('has a line for each core; each host counts once', () => {
    expect(parsePbsNodes('n2\nn2\nn1\n\nn2\n')).toEqual(['n2', 'n1']);
  });
});
