import type { Need } from './room';

/**
 * What Redis was told that this worker promised to its tasks: peers on this machine leave that much
 * alone, so buffered tasks may start within it.
 */
export class Promises {
  /** As Redis has it, `GB:cores`; '' before the first answer. */
  #text = '';
  #told: Need = { memoryGb: 0, cores: 0 };

  get text(): string {
    return this.#text;
  }

  get told(): Need {
    return this.#told;
  }

  /** A call is under way that says so: from now on no more than that is sure. */
  saying({ memoryGb, cores }: Need): void {
    this.#told = {
      memoryGb: Math.min(this.#told.memoryGb, memoryGb),
      cores: Math.min(this.#told.cores, cores),
    };
  }

  /** Redis answered with what it has now. */
  heard(text: string): void {
    const [memoryGb, cores] = text.split(':').map(Number);
    this.#text = text;
    this.#told = { memoryGb: memoryGb ?? 0, cores: cores ?? 0 };
  }
}
