/**
 * The nodes at the top of a tree as VS Code has them, so that as little as says something new is redrawn.
 * What is under a redrawn item VS Code forgets until it has asked again, and with the whole tree all of it:
 * a command that is chosen from the menu of a row meanwhile is called without the row. Pure.
 */
export class ShownNodes<T extends { kind: string }> {
  #shown = new Map<string, { node: T; looks: string }>();

  constructor(
    private readonly idOf: (node: T) => string,
    /** All that is seen of a node, as text. */
    private readonly looksOf: (node: T) => string,
  ) {}

  /** What is to be shown: each the same object as before if it was shown, with what is new of it. */
  show(now: readonly T[]): T[] {
    const before = this.#shown;
    this.#shown = new Map();
    return now.map(each => {
      const key = this.#keyOf(each);
      const node = Object.assign(before.get(key)?.node ?? each, each);
      this.#shown.set(key, { node, looks: this.looksOf(node) });
      return node;
    });
  }

  /**
   * Undefined: others, or in another order. Else those that look otherwise now, and have what is new.
   *
   * @param isAlways whether there is more under a node that changes without a look of its own
   */
  outdated(now: readonly T[], isAlways: (node: T) => boolean = () => false): T[] | undefined {
    const keys = [...this.#shown.keys()];
    const isSame =
      keys.length === now.length && now.every((each, i) => keys[i] === this.#keyOf(each));
    if (!isSame) return undefined;
    const before = new Map([...this.#shown].map(([key, { looks }]) => [key, looks]));
    return this.show(now).filter(
      node => isAlways(node) || this.looksOf(node) !== before.get(this.#keyOf(node)),
    );
  }

  /** A worker that was lost has the id of the worker, and is another node. */
  #keyOf(node: T): string {
    return `${node.kind} ${this.idOf(node)}`;
  }
}
