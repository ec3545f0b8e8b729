import { setTimeout as sleep } from 'node:timers/promises';
import { another } from './connection';
import type { Queue } from './queue';

/** One entry of the `events` stream: a hint that something changed, never the truth about it. */
export interface QueueEvent {
  id: string;
  kind: string;
  /** Fields by kind: see the scripts' `note` calls. */
  fields: Readonly<Record<string, string>>;
}

const BLOCK_MS = 5000;
const EVENTS_A_READ = 1000;
const RETRY_MS = 1000;

/**
 * Calls back with new events as they come, on a connection of its own. It calls with no events when it
 * begins, and when it goes on after that connection was lost: anything may have changed before.
 */
export function followEvents(
  queue: Queue,
  onChange: (events: QueueEvent[]) => void,
): { close(): Promise<void> } {
  const redis = another(queue.redis, 'distcomp-events');
  const closing = new AbortController();
  const ended = follow().catch(() => undefined);

  async function follow(): Promise<void> {
    let last: string | undefined;
    await redis.connect().catch(() => undefined);
    while (!closing.signal.aborted) {
      try {
        if (last === undefined) {
          last = await newestId();
          if (!closing.signal.aborted) onChange([]);
        }
        const answer = await redis.xread(
          'COUNT',
          EVENTS_A_READ,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          queue.keys.events,
          last,
        );
        const events = (answer?.[0]?.[1] ?? []).map(([id, fields]) => parseEvent(id, fields));
        last = events.at(-1)?.id ?? last;
        if (events.length > 0 && !closing.signal.aborted) onChange(events);
      } catch {
        last = undefined;
        await sleep(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  /** A real id, since `$` would be another one at each read, and what came between would be missed. */
  async function newestId(): Promise<string> {
    const [[id] = ['0-0']] = await redis.xrevrange(queue.keys.events, '+', '-', 'COUNT', 1);
    return id;
  }

  return {
    async close() {
      closing.abort();
      redis.disconnect();
      await ended;
    },
  };
}

function parseEvent(id: string, fields: string[]): QueueEvent {
  const named: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) named[fields[i] ?? ''] = fields[i + 1] ?? '';
  const { kind = '', ...rest } = named;
  return { id, kind, fields: rest };
}
