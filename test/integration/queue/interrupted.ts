/** A queue whose connection breaks in the middle of chunked work. */
import type { Redis } from 'ioredis';
import { Queue } from '../../../src/queue/queue';

/** So many scripts run, and those after that do not reach Redis. */
export function interruptedAfter({ redis, name }: Queue, scripts: number): Queue {
  let left = scripts;
  const broken = new Proxy(redis, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== 'evalsha' && property !== 'eval') return value.bind(target);
      return async (...args: unknown[]) => {
        if (left <= 0) throw new Error('interrupted');
        const answer: unknown = await Reflect.apply(value, target, args);
        left -= 1;
        return answer;
      };
    },
  });
  return new Queue(broken as Redis, name);
}
