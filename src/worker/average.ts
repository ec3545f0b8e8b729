/** A mean that follows what happens now: of the last dozen or so samples, the newest counting most. */

const NEWEST_WEIGHT = 1 / 12;

export class MovingAverage {
  #samples = 0;
  #value = 0;

  /** The plain mean of the first twelve samples, a moving one from then on. */
  add(sample: number): void {
    this.#samples++;
    this.#value += (sample - this.#value) * Math.max(1 / this.#samples, NEWEST_WEIGHT);
  }

  /** Undefined before the first sample. */
  get value(): number | undefined {
    return this.#samples === 0 ? undefined : this.#value;
  }
}
