import type { TaskFileEntry } from '../tasks/file';
import type { Ask } from '../tasks/previewWords';
import type { Task } from '../tasks/task';
import { noCounts, type SubmitCounts } from '../tasks/words';
import { type FoundTask, fileStates } from './fileStates';
import type { Queue } from './queue';
import { SeenLines } from './seenLines';
import { countForOriginals, type SubmissionListener } from './submitFile';

/** Why tasks would not be added: what `already` is made of. */
export interface AlreadyThere {
  todo: number;
  in_progress: number;
  finished: number;
  /** The same line stands further up, in this file or in one before it. */
  repeated: number;
}

/**
 * What submitting files, one after the other, would do. Looks at the queue and changes nothing; the
 * counts are those that a submission at this moment would have.
 */
export class SubmissionPreview {
  readonly counts: SubmitCounts = noCounts();
  readonly already: AlreadyThere = { todo: 0, in_progress: 0, finished: 0, repeated: 0 };
  readonly #asks = new Map<string, Ask>();
  readonly #added = new SeenLines();

  constructor(private readonly queue: Queue) {}

  /** What the tasks that would be added or retried ask for, the largest first. */
  get asks(): Ask[] {
    return [...this.#asks.values()].sort(
      (a, b) => b.needs.memoryGb - a.needs.memoryGb || b.needs.cores - a.needs.cores,
    );
  }

  /**
   * Takes in one file.
   *
   * @throws what reading the entries throws, or Redis
   */
  async add(entries: AsyncIterable<TaskFileEntry>, listener: SubmissionListener): Promise<void> {
    let lines = 0;
    const states = fileStates(this.queue, entries, listener, this.counts);
    for await (const { found, besideOriginal } of states) {
      for (const each of found) {
        this.#count(each);
        if (besideOriginal && each.state !== 'finished') countForOriginals(this.counts, each.task);
        lines = Math.max(lines, each.lineNumber);
      }
      listener.onProgress?.(lines);
    }
  }

  #count({ task, state }: FoundTask): void {
    if (state === 'unsettled') this.counts.unsettled += 1;
    else if (state !== 'absent' && state !== 'failed') this.#alreadyThere(state);
    else if (!this.#added.isFirst(task.line)) this.#alreadyThere('repeated');
    else {
      this.counts[state === 'failed' ? 'retried' : 'added'] += 1;
      this.#ask(task);
    }
  }

  #alreadyThere(why: keyof AlreadyThere): void {
    this.already[why] += 1;
    this.counts.already += 1;
  }

  #ask({ memoryGb, cpu: cores }: Task): void {
    const key = `${memoryGb}:${cores}`;
    const same = this.#asks.get(key);
    if (same) same.count += 1;
    else this.#asks.set(key, { needs: { memoryGb, cores }, count: 1 });
  }
}
