/** One quiet notice when a run of this window ends. Runs are kept over a reload, one a queue. */
import * as vscode from 'vscode';
import type { FailureSpan } from '../../queue/failedWithin';
import type { Queue } from '../../queue/queue';
import { noCounts, type SubmitCounts } from '../../tasks/words';
import { placeOf } from '../connection/place';
import { inform } from '../notices';
import type { Store } from '../store/store';
import { type KeptRun, Run, type RunSummary, runWords, type Standing } from './run';

const KEPT = 'distcomp.runs';

/** What the notice about failures offers. */
interface Remedies {
  showFailures(): Thenable<unknown>;
  /** Answers how many of them run again. */
  retry(queue: Queue, failures: FailureSpan, count: number): Promise<number>;
}

export class RunNotices {
  readonly #store: Store;
  readonly #memory: vscode.Memento;
  readonly #remedies: Remedies;
  readonly #runs: Map<string, Run>;
  readonly #subscription: { dispose(): void };
  #looking = false;
  /** The store changed during a look. */
  #again = false;

  constructor(store: Store, memory: vscode.Memento, remedies: Remedies) {
    this.#store = store;
    this.#memory = memory;
    this.#remedies = remedies;
    const kept = Object.entries(memory.get<Record<string, KeptRun>>(KEPT, {}));
    this.#runs = new Map(kept.map(([place, run]) => [place, new Run(run)]));
    this.#subscription = store.onDidChange(() => void this.#look());
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** Carries out a submission, as part of the run of its queue. */
  async during(queue: Queue, submit: () => Promise<SubmitCounts>): Promise<SubmitCounts> {
    const place = this.#place;
    if (place === undefined) return submit();
    const run = this.#runs.get(place) ?? new Run();
    this.#runs.set(place, run);
    run.begin(await standing(queue), this.#store.now());
    let counts = noCounts();
    try {
      counts = await submit();
      return counts;
    } finally {
      run.submitted(counts.added + counts.retried);
      await this.#keep();
      // Its tasks may have ended before this, and then nothing changes any more.
      void this.#look();
    }
  }

  /** The queue of this window. */
  get #place(): string | undefined {
    const { target } = this.#store;
    return target && placeOf(target);
  }

  async #look(): Promise<void> {
    this.#again = this.#looking;
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#lookAtRun();
    } catch {
      // Redis went away: the store says so, and it is looked again when it is back.
    } finally {
      this.#looking = false;
    }
    if (this.#again) await this.#look();
  }

  async #lookAtRun(): Promise<void> {
    const { queue, counts } = this.#store;
    const run = this.#runs.get(this.#place ?? '');
    if (!run || !queue || !counts || !run.mayHaveEnded(counts)) return;
    const { kept } = run;
    const { lastEnd } = await import('../../queue/tally');
    const [now, ended] = await Promise.all([standing(queue), lastEnd(queue)]);
    // Tasks that were submitted meanwhile may not be in what was read.
    if (run.kept !== kept) {
      this.#again = true;
      return;
    }
    const summary = run.end(now, this.#store.now(), ended);
    if (!run.kept) await this.#keep();
    if (summary) this.#tell(summary);
  }

  #tell(summary: RunSummary): void {
    const { t } = vscode.l10n;
    const message = runWords(summary);
    const { failed, failures } = summary;
    if (failed === 0) {
      inform(message);
      return;
    }
    const place = this.#place;
    const again = (span: FailureSpan) => ({
      title: t('Retry'),
      run: () => this.#retry(place, span, failed),
    });
    inform(
      message,
      { title: t('Show Failures'), run: () => this.#remedies.showFailures() },
      ...(failures ? [again(failures)] : []),
    );
  }

  /**
   * What failed in that run, and nothing that had failed before. A run of its own: who has them tried again
   * waits for them too.
   */
  async #retry(place: string | undefined, failures: FailureSpan, failed: number): Promise<void> {
    const { queue } = this.#store;
    if (!queue || place !== this.#place) {
      throw new Error(vscode.l10n.t('{0} is not connected in this window now.', place ?? ''));
    }
    const count = Math.min(failed, failures.to - failures.from);
    await this.during(queue, async () => {
      return { ...noCounts(), retried: await this.#remedies.retry(queue, failures, count) };
    });
  }

  async #keep(): Promise<void> {
    const kept = [...this.#runs].flatMap(([place, run]) => (run.kept ? [[place, run.kept]] : []));
    await this.#memory.update(KEPT, Object.fromEntries(kept));
  }
}

async function standing(queue: Queue): Promise<Standing> {
  const [{ counts }, { tally }] = await Promise.all([
    import('../../queue/counts'),
    import('../../queue/tally'),
  ]);
  const [counted, tallied] = await Promise.all([counts(queue), tally(queue)]);
  const { todo, inProgress, finished, failed } = counted;
  return { counts: { todo, inProgress, finished, failed }, tally: tallied };
}
