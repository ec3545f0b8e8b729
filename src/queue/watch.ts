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
 * Calls back with new events as they come, on a connection of its own. After that was lost and came
 * back it calls with no events: anything may have changed meanwhile.
 */
export function followEvents(
  queue: Queue,
  onChange: (events: QueueEvent[]) => void,
): { close(): Promise<void> } {
  const redis = queue.redis.duplicate({ lazyConnect: true, connectionName: 'distcomp-events' });
  redis.on('error', () => undefined);
  const closing = new AbortController();
  const ended = follow().catch(() => undefined);

  async function follow(): Promise<void> {
    let last = '$';
    await redis.connect().catch(() => undefined);
    while (!closing.signal.aborted) {
      try {
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
        await pause(RETRY_MS, closing.signal);
        if (!closing.signal.aborted) onChange([]);
      }
    }
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
