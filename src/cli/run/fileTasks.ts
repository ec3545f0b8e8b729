/** The distinct tasks of a run's file, as the queue answered when they were submitted. Pure. */
import type { SubmitVerdict } from '../../queue/submit';
import type { Task } from '../../tasks/task';
import { number, plural } from '../../tasks/words';
import { PendingTasks } from './pending';

export class FileTasks {
  readonly pending = new PendingTasks();
  /** Had finished before. */
  already = 0;
  private readonly lineNumbers = new Map<string, number>();
  private retried = 0;
  private known = 0;
  private duplicates = 0;

  get submitted(): number {
    return this.lineNumbers.size;
  }

  /** For each line of the file that is a task. */
  note(task: Task, lineNumber: number, verdict: SubmitVerdict): void {
    const { line } = task;
    if (this.lineNumbers.has(line)) {
      this.duplicates += 1;
      return;
    }
    this.lineNumbers.set(line, lineNumber);
    if (verdict === 'finished') this.already += 1;
    else this.pending.add(task);
    if (verdict === 'retried') this.retried += 1;
    if (verdict !== 'added') this.known += 1;
  }

  /** Each task with the first line of the file that says it. */
  entries(): IterableIterator<[line: string, lineNumber: number]> {
    return this.lineNumbers.entries();
  }

  /** `sweep.tasks: 1,000 tasks`, and what came of an earlier run. */
  description(name: string): string[] {
    const repeated = this.duplicates > 0 ? ` (${plural(this.duplicates, 'repeated line')})` : '';
    const lines = [`${name}: ${plural(this.submitted, 'task')}${repeated}`];
    if (this.known > 0) lines.push(`continuing: ${this.earlier()}`);
    return lines;
  }

  private earlier(): string {
    const parts = [`${number(this.already)} of ${number(this.submitted)} already finished`];
    if (this.retried > 0) {
      const verb = this.retried === 1 ? 'is' : 'are';
      parts.push(`${number(this.retried)} failed ${verb} tried again`);
    }
    return parts.join('; ');
  }
}
