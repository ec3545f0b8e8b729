/** Simulated time: what is due happens in order, and nothing passes between. */

interface Due {
  at: number;
  order: number;
  act: () => void;
}

export class SimulatedClock {
  /** ms since the start. */
  now = 0;
  #order = 0;
  /** A binary heap; the earliest is first. */
  readonly #due: Due[] = [];

  after(delayMs: number, act: () => void): void {
    const due = { at: this.now + delayMs, order: this.#order++, act };
    const heap = this.#due;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(due, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = due;
  }

  /** Runs until `done` holds or so much time has passed. */
  run(done: () => boolean, untilMs: number): void {
    while (!done()) {
      const next = this.#takeFirst();
      if (next === undefined || next.at > untilMs) return;
      this.now = next.at;
      next.act();
    }
  }

  #takeFirst(): Due | undefined {
    const heap = this.#due;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || last === first) return first;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      if (left === undefined) break;
      const right = heap[2 * place + 2];
      const rightFirst = right !== undefined && before(right, left);
      const child = rightFirst ? right : left;
      if (!before(child, last)) break;
      heap[place] = child;
      place = 2 * place + (rightFirst ? 2 : 1);
    }
    heap[place] = last;
    return first;
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
