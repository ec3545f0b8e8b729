/**
 * Redraws a tree, though not while someone reads a tooltip: redrawing hides it. Since a tooltip was asked
 * for, it is left so long to be read.
 */
const TOOLTIP_MS = 5_000;

export class HeldRedraw {
  readonly #redraw: () => void;
  #heldUntil = 0;
  #held: NodeJS.Timeout | undefined;

  constructor(redraw: () => void) {
    this.#redraw = redraw;
  }

  /** Shows what is new: at once, or when the tooltip had its time. */
  soon(): void {
    const wait = this.#heldUntil - performance.now();
    if (wait <= 0) this.#redraw();
    else this.#held ??= setTimeout(() => this.release(), wait);
  }

  /** Whether somebody reads a tooltip: what is not worth coming later is left out then. */
  get isHeld(): boolean {
    return this.#heldUntil > performance.now();
  }

  /** A tooltip is read from now on. */
  hold(): void {
    this.#heldUntil = performance.now() + TOOLTIP_MS;
  }

  /** What comes next is too important to wait for a reader. */
  letGo(): void {
    this.#heldUntil = 0;
  }

  /** Shows what is new now: who acts reads no tooltip any more. */
  release(): void {
    const waits = this.#held !== undefined;
    this.dispose();
    this.#held = undefined;
    this.#heldUntil = 0;
    if (waits) this.#redraw();
  }

  dispose(): void {
    clearTimeout(this.#held);
  }
}
