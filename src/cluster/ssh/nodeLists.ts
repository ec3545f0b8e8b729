/** The hosts that a scheduler gave to a job, as its environment and files name them. */

/** More of them are a slip of the pen. */
const MOST_HOSTS = 100_000;

/**
 * `SLURM_JOB_NODELIST`: names with ranges, as `gpu1,node[01-03,07]-ib`. Leading zeros are kept, and
 * several brackets give every combination.
 *
 * @throws RangeError for a list that is none
 */
export function expandSlurm(list: string): string[] {
  return splitOutside(list.trim()).flatMap(expandOne);
}

/** `PBS_NODEFILE`: a line for each core that the job has; each host once, in its order. */
export function parsePbsNodes(text: string): string[] {
  const names = text.split('\n').map(line => line.trim());
  return [...new Set(names.filter(name => name !== ''))];
}

/** At commas that stand in no bracket. */
function splitOutside(list: string): string[] {
  const parts = list.match(/(?:\[[^\]]*\]|[^,[\]])+/g) ?? [];
  if (parts.join(',') !== list) throw new RangeError(`not a list of hosts: ${list}`);
  return parts;
}

function expandOne(pattern: string): string[] {
  const found = /^([^[\]]*)\[([^\]]*)\](.*)$/.exec(pattern);
  if (!found) return [pattern];
  const [, before = '', ranges = '', after = ''] = found;
  const ends = expandOne(after);
  const names = ranges.split(',').flatMap(range => numbersOf(range, pattern));
  if (names.length * ends.length > MOST_HOSTS) {
    throw new RangeError(`${pattern} stands for more than 100,000 hosts`);
  }
  return names.flatMap(name => ends.map(end => before + name + end));
}

/** `08-11` and `7`. */
function numbersOf(range: string, pattern: string): string[] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first === '' || count < 1 || count > MOST_HOSTS) {
    throw new RangeError(`not a range of hosts: ${range} in ${pattern}`);
  }
  return Array.from({ length: count }, (_, i) =>
    String(Number(first) + i).padStart(first.length, '0'),
  );
}
