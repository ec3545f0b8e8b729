/** Progress of a run on standard error: a bar on a terminal, else a line now and then. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { formatProgress, type Progress } from '../../tasks/rate';
import { say } from '../console';

export interface ProgressView {
  update(progress: Progress): void;
  /** A line of its own, above the bar. `minor`: only worth it where someone is looking. */
  say(text: string, options?: { minor: boolean }): void;
  /** The last state stays to be seen. */
  end(): void;
}

export function progressView(): ProgressView {
  return process.stderr.isTTY ? new Bar() : new Lines();
}

const BAR_CHARACTERS = 30;
const FRAMES_A_SECOND = 8;
const LINE_EVERY_MS = 10_000;

class Bar implements ProgressView {
  private readonly bars = new MultiBar({
    stream: process.stderr,
    fps: FRAMES_A_SECOND,
    barsize: BAR_CHARACTERS,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    linewrap: false,
    hideCursor: null,
    // Ctrl-C drains: the bar goes on until the end.
    gracefulExit: false,
    emptyOnZero: true,
    format: ({ barCompleteString, barIncompleteString, barsize }, { progress }, payload) => {
      const full = Math.floor(progress * (barsize ?? BAR_CHARACTERS));
      const bar =
        (barCompleteString ?? '').slice(0, full) +
        (barIncompleteString ?? '').slice(0, (barsize ?? BAR_CHARACTERS) - full);
      return ` ${bar}  ${payload.text}`;
    },
  });
  private bar: SingleBar | undefined;

  update(progress: Progress): void {
    const payload = { text: formatProgress(progress) };
    this.bar ??= this.bars.create(progress.total, 0, payload);
    this.bar.setTotal(progress.total);
    this.bar.update(progress.done, payload);
  }

  say(text: string): void {
    if (this.bar) this.bars.log(`${text}\n`);
    else say(text);
  }

  end(): void {
    if (!this.bar) return;
    // What was logged since the last frame.
    this.bars.update();
    this.bars.stop();
    this.bar = undefined;
  }
}

class Lines implements ProgressView {
  private saidAt = performance.now();

  update(progress: Progress): void {
    if (performance.now() - this.saidAt < LINE_EVERY_MS) return;
    this.saidAt = performance.now();
    say(formatProgress(progress));
  }

  say(text: string, { minor = false } = {}): void {
    if (!minor) say(text);
  }

  end(): void {}
}
