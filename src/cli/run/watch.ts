/** Follows the tasks of a run to their end. States in Redis are the truth, events only say when to look. */
import { isAway } from '../../queue/away';
import { counts } from '../../queue/counts';
import { details, type TaskDetails } from '../../queue/details';
import type { Queue } from '../../queue/queue';
import { states } from '../../queue/states';
import { followEvents, type QueueEvent } from '../../queue/watch';
import { RateMeter } from '../../tasks/rate';
import { number, plural, visible } from '../../tasks/words';
import type { FileTasks } from './fileTasks';
import { type Outcomes, whatHappened } from './outcomes';
import type { Ended } from './pending';
import type { ProgressView } from './progress';
import { Pulse } from './pulse';
import { commandLabel } from './summary';

export interface WatchOptions {
  queue: Queue;
  tasks: FileTasks;
  outcomes: Outcomes;
  view: ProgressView;
  /** Redis does not answer: tries to get it back. Throws when that cannot be. */
  onAway: () => Promise<void>;
  /** The queue paused itself after so many failures. Not looked for if not given. */
  onStopped?: (failures: number) => void;
}

const DETAILS_AT_ONCE = 200;
const FAILURES_A_LOOK = 5;
/** Events carry the beginning of a line; a longer one cannot be known from it. */
const EVENT_LINE_BYTES = 1000;

export class Watch {
  private readonly pulse = new Pulse();
  private readonly meter = new RateMeter();
  private ended = false;
  private failure: Error | undefined;
  private away = false;
  private stopped = false;

  constructor(private readonly options: WatchOptions) {}

  /** Ends the watch at its next beat, whether or not tasks are pending. */
  end(failure?: Error): void {
    this.ended = true;
    this.failure ??= failure;
    this.pulse.soon();
  }

  /** Returns when every task has ended, or after `end`. */
  async run(): Promise<void> {
    const { queue, tasks } = this.options;
    const { pending } = tasks;
    const follower = followEvents(queue, events => this.onEvents(events));
    try {
      this.show();
      while (pending.size > 0 && !this.ended) {
        await this.pulse.beat();
        await this.look(() => pending.look(lines => states(queue, lines), performance.now()));
      }
      // What ended while the workers did.
      if (pending.size > 0 && !this.failure) {
        await this.look(() => pending.lookAtAll(lines => states(queue, lines), performance.now()));
      }
    } finally {
      await follower.close();
    }
    if (this.failure) throw this.failure;
  }

  private async look(ask: () => Promise<Ended[]>): Promise<void> {
    try {
      await this.note(await ask());
      await this.lookWhetherStopped();
      if (this.away) this.options.view.say('Redis answers again.');
      this.away = false;
    } catch (error) {
      if (!isAway(error)) throw error;
      await this.onAway();
    }
    this.show();
  }

  private async lookWhetherStopped(): Promise<void> {
    const { queue, onStopped } = this.options;
    if (!onStopped || this.stopped) return;
    const { pausedAfterFailures } = await counts(queue);
    if (pausedAfterFailures === null) return;
    this.stopped = true;
    onStopped(pausedAfterFailures);
  }

  private async onAway(): Promise<void> {
    if (!this.away) this.options.view.say('Redis does not answer. Waiting for it.');
    this.away = true;
    await this.options.onAway();
  }

  /** A task is removed from the pending ones when it is noted: what fails here is looked at again. */
  private async note(ended: Ended[]): Promise<void> {
    const { queue, tasks, outcomes } = this.options;
    const failed: TaskDetails[] = [];
    for (let start = 0; start < ended.length; start += DETAILS_AT_ONCE) {
      const some = ended.slice(start, start + DETAILS_AT_ONCE);
      const known = await Promise.all(some.map(({ line }) => details(queue, line)));
      for (const [index, task] of known.entries()) {
        const state = some[index]?.state;
        tasks.pending.remove(task.line);
        if (state === 'absent') outcomes.missing += 1;
        else if (state) outcomes.add({ ...task, state, attempt: task.attempts[0] });
        if (state === 'failed') failed.push(task);
      }
    }
    this.sayFailed(failed);
  }

  private sayFailed(failed: TaskDetails[]): void {
    for (const { line, attempts, failedOn, reason } of failed.slice(0, FAILURES_A_LOOK)) {
      const what = visible(whatHappened(attempts[0], reason));
      const tries = failedOn.length > 1 ? `  (${number(failedOn.length)} attempts)` : '';
      this.options.view.say(`✗ ${commandLabel(line)}  ${what}${tries}`);
    }
    const more = failed.length - FAILURES_A_LOOK;
    if (more > 0) this.options.view.say(`✗ … and ${plural(more, 'more task')} failed`);
  }

  private onEvents(events: QueueEvent[]): void {
    let said = 0;
    for (const { kind, fields } of events) {
      if (kind !== 'attempt_failed' || fields.final === '1') continue;
      const { line = '', signature = '', attempt, of } = fields;
      const mine =
        Buffer.byteLength(line) < EVENT_LINE_BYTES && this.options.tasks.pending.has(line);
      if (!mine || said >= FAILURES_A_LOOK) continue;
      said += 1;
      const text = `✗ ${commandLabel(line)}  ${visible(signature)}  (attempt ${attempt} of ${of})`;
      this.options.view.say(text, { minor: true });
    }
    this.pulse.soon();
  }

  private show(): void {
    const { outcomes, tasks, view } = this.options;
    const ended = outcomes.finished + outcomes.failed + outcomes.missing;
    this.meter.record(performance.now(), ended);
    view.update({
      done: tasks.already + ended,
      total: tasks.submitted,
      failed: outcomes.failed,
      perSecond: this.meter.perSecond(),
    });
  }
}
