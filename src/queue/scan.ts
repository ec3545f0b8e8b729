/** Hashes are read in steps that never block Redis, never as a whole. */
import { STOP_FIELD } from '../tasks/task';
import type { Queue } from './queue';

const FIELDS_A_STEP = 1000;

export interface Field {
  name: string;
  value: string;
}

export interface ScannedTask {
  line: string;
  value: string;
}

/** About `count` fields of a hash, from a cursor on; `0` is the beginning, and the end. */
async function scanStep(
  { redis }: Queue,
  hash: string,
  cursor: string,
  count: number,
): Promise<{ next: string; fields: Field[] }> {
  const [next, flat] = await redis.hscan(hash, cursor, 'COUNT', count);
  const fields: Field[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    fields.push({ name: flat[i] ?? '', value: flat[i + 1] ?? '' });
  }
  return { next, fields };
}

/** All fields of a hash, in steps. One that is there all the while is found, maybe twice. */
export async function* scanHash(queue: Queue, hash: string): AsyncGenerator<Field[]> {
  let cursor = '0';
  do {
    const { next, fields } = await scanStep(queue, hash, cursor, FIELDS_A_STEP);
    cursor = next;
    if (fields.length > 0) yield fields;
  } while (cursor !== '0');
}

/** As `scanHash`, of a hash of tasks: the stop field is left out. */
export async function* scanTasks(queue: Queue, hash: string): AsyncGenerator<ScannedTask[]> {
  for await (const fields of scanHash(queue, hash)) {
    const tasks = tasksAmong(fields);
    if (tasks.length > 0) yield tasks;
  }
}

/** About `count` tasks of a hash, for a page of them. */
export async function tasksFrom(
  queue: Queue,
  hash: string,
  cursor: string,
  count: number,
): Promise<{ next: string; tasks: ScannedTask[] }> {
  const { next, fields } = await scanStep(queue, hash, cursor, count);
  return { next, tasks: tasksAmong(fields) };
}

function tasksAmong(fields: readonly Field[]): ScannedTask[] {
  return fields
    .filter(({ name }) => !name.startsWith(STOP_FIELD))
    .map(({ name, value }) => ({ line: name, value }));
}
