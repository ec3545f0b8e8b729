import { STOP_FIELD } from '../tasks/task';
import type { Queue } from './queue';

const FIELDS_A_STEP = 1000;

export interface ScannedTask {
  line: string;
  value: string;
}

/**
 * The tasks of a hash, in steps that never block Redis. One that is there all the while is found, maybe
 * twice; the stop field is left out.
 */
export async function* scanTasks(queue: Queue, hash: string): AsyncGenerator<ScannedTask[]> {
  let cursor = '0';
  do {
    const [next, fields] = await queue.redis.hscan(hash, cursor, 'COUNT', FIELDS_A_STEP);
    cursor = next;
    const tasks: ScannedTask[] = [];
    for (let i = 0; i < fields.length; i += 2) {
      const line = fields[i] ?? '';
      if (!line.startsWith(STOP_FIELD)) tasks.push({ line, value: fields[i + 1] ?? '' });
    }
    if (tasks.length > 0) yield tasks;
  } while (cursor !== '0');
}
