import { expect, it } from 'vitest';
import type { HostEntry } from '../../../../src/extension/hosts/hostList';
import { hostsOfWorkers } from '../../../../src/extension/hosts/hostsOfWorkers';

const entry = (name: string, workers?: string[]): HostEntry => ({
  host: { name, address: name },
  source: { is: 'setting' },
  standing: workers
    ? { workers: workers.map((worker, slot) => ({ slot, name: worker, isThisVersion: true })) }
    : {},
});

const found = async (entries: HostEntry[], ...workers: string[]) => {
  const list = { entries, loaded: async () => undefined };
  return (await hostsOfWorkers(list, workers)).map(({ entry: { host } }) => host.name);
};

it.each([
  ['that told of it', [entry('login', ['node4~1']), entry('node5', ['node5~1'])], ['login']],
  ['of its name that was not asked', [entry('node4'), entry('node5')], ['node4']],
  ['of its name that was asked before it came', [entry('node4', []), entry('node5')], ['node4']],
  ['of no list', [entry('node5')], []],
] as const)('a worker is of the host %s', async (_, entries, hosts) => {
  expect(await found([...entries], 'node4~1')).toEqual(hosts);
});

it('workers of one host are of it once', async () => {
  expect(await found([entry('node4', ['node4~1', 'node4~2'])], 'node4~1', 'node4~2')).toEqual([
    'node4',
  ]);
});
