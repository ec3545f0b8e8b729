/** A worker on a host of its own, under simulated time: its room is the real one's, its claims go to a real Redis. */
import { nextWait } from '../../../src/worker/polling';
import { claimRoom, sumOf } from '../../../src/worker/room';
import type { Actor } from '../../setup/actor';
import type { SimulatedClock } from '../../unit/worker/simulation/clock';
import type { Random } from '../../unit/worker/simulation/random';
import type { PackedHost } from './bound';
import type { LogicalTime } from './logicalTime';
import type { SubmittedTask } from './workload';

/** So many that memory and cores alone decide. */
const LANES = 64;

export interface Circumstances {
  clock: SimulatedClock;
  time: LogicalTime;
  random: Random;
  bigTaskWaitMs: number;
  /** Puts something off that is due now, since it waits for Redis. */
  enqueue: (act: () => Promise<void>) => void;
  taskOf: (line: string) => SubmittedTask;
  onStart: (task: SubmittedTask) => void;
  onEnd: (task: SubmittedTask) => void;
}

export class PackedWorker {
  #emptyClaims = 0;
  #alarm = 0;

  constructor(
    private readonly actor: Actor,
    private readonly host: PackedHost,
    private readonly c: Circumstances,
  ) {}

  /** Tasks may have become ready. */
  wake(): void {
    this.#emptyClaims = 0;
    this.c.enqueue(() => this.look());
  }

  /** Reports what ended and claims what fits, until nothing comes. */
  async look(): Promise<void> {
    const { clock, time, random } = this.c;
    for (;;) {
      const call = this.actor.prepareCycle({
        room: this.#room(),
        bigTaskWaitMs: this.c.bigTaskWaitMs,
      });
      const answer = await time.during(() => call.send());
      const lines = this.actor.accept(call, answer);
      for (const line of lines) this.#start(this.c.taskOf(line));
      if (lines.length > 0) this.#emptyClaims = 0;
      else if (answer.kind !== 'ok' || answer.cursor === 0 || answer.keepsFree) break;
    }
    const alarm = ++this.#alarm;
    const wait = nextWait({ adaptive: true, fixedMs: 0 }, this.#emptyClaims++, random());
    clock.after(wait, () => {
      if (alarm === this.#alarm) this.c.enqueue(() => this.look());
    });
  }

  #start(task: SubmittedTask): void {
    this.c.onStart(task);
    this.c.clock.after(task.durationMs, () => {
      this.actor.finish(task.line);
      this.c.onEnd(task);
      this.c.enqueue(() => this.look());
    });
  }

  #room() {
    const { memoryGb, cores } = this.host;
    const running = sumOf(this.actor.lines.map(line => this.c.taskOf(line)));
    const limits = {
      ...{ totalMemoryGb: memoryGb, capacityGb: memoryGb, cores, acceptAboveGb: 0 },
    };
    const buffered = { memoryGb: 0, cores: 0, lowestPriority: undefined };
    // Tasks take what they said, and are too long to be buffered.
    const size = { start: LANES - this.actor.lines.length, buffer: 0 };
    return claimRoom(limits, { running, buffered }, memoryGb - running.memoryGb, size);
  }
}
