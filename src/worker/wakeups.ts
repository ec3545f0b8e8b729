import { type Listener, listen } from '../queue/listener';
import type { Queue } from '../queue/queue';

export interface WakeupListener {
  /** Tasks may have become ready. */
  onTasks(): void;
  /** Something is asked of this worker: its next heartbeat says what. */
  onRenew(): void;
}

/**
 * Hears what Redis publishes for workers. It only hastens: whatever it misses, the next poll or
 * heartbeat finds.
 */
export class Wakeups {
  #ears: Listener | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly instance: string,
    private readonly listener: WakeupListener,
  ) {}

  /** Listens or not, as the switch says. */
  set(on: boolean): void {
    if (on) this.#ears ??= this.#listen();
    else this.stop();
  }

  /** Makes a connection that answers nothing show itself. */
  check(): void {
    this.#ears?.check();
  }

  stop(): void {
    this.#ears?.close();
    this.#ears = undefined;
  }

  #listen(): Listener {
    const { redis, keys } = this.queue;
    return listen(redis, keys.wake, {
      onMessage: message => {
        const [word, instance = this.instance] = message.split(' ');
        if (word !== 'renew') this.listener.onTasks();
        else if (instance === this.instance) this.listener.onRenew();
      },
      // What was published while it was away is missed: look once.
      onBegin: () => this.listener.onTasks(),
    });
  }
}
