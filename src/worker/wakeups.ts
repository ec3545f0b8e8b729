import type { Redis } from 'ioredis';
import type { Queue } from '../queue/queue';

export interface WakeupListener {
  /** Tasks may have become ready. */
  onTasks(): void;
  /** Something is asked of this worker: its next heartbeat says what. */
  onRenew(): void;
}

/** As long as a connection may answer nothing before it counts as broken. */
const CHECK_MS = 10_000;

/**
 * Hears what Redis publishes for workers, on a connection of its own. It only hastens: whatever it
 * misses, the next poll or heartbeat finds.
 */
export class Wakeups {
  #redis: Redis | undefined;
  #checkedAt = 0;

  constructor(
    private readonly queue: Queue,
    private readonly instance: string,
    private readonly listener: WakeupListener,
  ) {}

  /** Listens or not, as the switch says. */
  set(on: boolean): void {
    if (on && !this.#redis) this.#listen();
    if (!on) this.stop();
  }

  /** Makes a connection that answers nothing show itself: it is closed then, and made again. Called at each heartbeat. */
  check(): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_MS) return;
    this.#checkedAt = now;
    this.#redis?.ping().catch(() => undefined);
  }

  stop(): void {
    this.#redis?.disconnect();
    this.#redis = undefined;
  }

  #listen(): void {
    const redis = this.queue.redis.duplicate({
      lazyConnect: true,
      autoResubscribe: false,
      connectionName: 'distcomp-wake',
    });
    this.#redis = redis;
    redis.on('error', () => undefined);
    redis.on('message', (_channel: string, message: string) => {
      const [word, instance = this.instance] = message.split(' ');
      if (word !== 'renew') this.listener.onTasks();
      else if (instance === this.instance) this.listener.onRenew();
    });
    // What was published while it was away is missed: look once.
    redis.on('ready', () => {
      redis.subscribe(this.queue.keys.wake).then(
        () => this.listener.onTasks(),
        () => undefined,
      );
    });
    redis.connect().catch(() => undefined);
  }
}
