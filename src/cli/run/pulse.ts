/** When to look again: soon after a sign of change, but not all the time, and at the latest in a second. */

const GAP_MS = 250;
const LATEST_MS = 1_000;

export class Pulse {
  private wake: (() => void) | undefined;
  private wanted = false;

  /** Something may have changed. */
  soon(): void {
    this.wanted = true;
    this.wake?.();
  }

  /** Resolves at the next beat. */
  async beat(): Promise<void> {
    await this.wait(GAP_MS, false);
    if (!this.wanted) await this.wait(LATEST_MS - GAP_MS, true);
    this.wanted = false;
  }

  private wait(ms: number, early: boolean): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (early) this.wake = done;
    });
  }
}
