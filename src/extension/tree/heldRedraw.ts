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

  /** Only durations went on: not worth coming later. */
  tick(): void {
    if (this.#heldUntil <= performance.now()) this.#redraw();
  }

  /** A tooltip is read from now on. */
  hold(): void {
    this.#heldUntil = performance.now() + TOOLTIP_MS;
  }

  /** Shows what is new now: who acts reads no tooltip any more. */
  release(): void {
    const isHeld = this.#held !== undefined;
    this.dispose();
    this.#held = undefined;
    this.#heldUntil = 0;
    if (isHeld) this.#redraw();
  }

  dispose(): void {
    clearTimeout(this.#held);
  }
}
