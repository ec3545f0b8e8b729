import { describe, expect, it } from 'vitest';
import { ShownNodes } from '../../../../src/extension/tree/shownNodes';

interface Node {
  kind: 'worker' | 'gone';
  id: string;
  text: string;
  /** Nothing of it is seen. */
  more?: number;
}

const make = () =>
  new ShownNodes<Node>(
    ({ id }) => id,
    ({ text }) => text,
  );
const node = (id: string, text = id, rest: Partial<Node> = {}): Node => ({
  kind: 'worker',
  id,
  text,
  ...rest,
});

describe('the nodes at the top of a tree', () => {
  it('are outdated where they look otherwise, and are the objects that are shown', () => {
    const shown = make();
    const [a, b] = shown.show([node('a'), node('b')]);
    const outdated = shown.outdated([node('a'), node('b', 'b, draining')]);
    expect(outdated).toHaveLength(1);
    expect(outdated?.[0]).toBe(b);
    expect(b?.text).toBe('b, draining');
    expect(shown.outdated([node('a'), node('b', 'b, draining')])).toEqual([]);
    expect(shown.show([node('a'), node('b')])[0]).toBe(a);
  });

  it('have what is new of them though it is not seen', () => {
    const shown = make();
    const [a] = shown.show([node('a')]);
    expect(shown.outdated([node('a', 'a', { more: 7 })])).toEqual([]);
    expect(a?.more).toBe(7);
  });

  it('are outdated always where something goes on under them', () => {
    const shown = make();
    shown.show([node('a'), node('b')]);
    expect(shown.outdated([node('a'), node('b')], ({ id }) => id === 'b')).toEqual([node('b')]);
  });

  it.each([
    ['fewer', [node('a')]],
    ['more', [node('a'), node('b'), node('c')]],
    ['in another order', [node('b'), node('a')]],
    ['of another kind', [node('a'), node('b', 'b', { kind: 'gone' })]],
  ])('are others when they are %s', (_, now) => {
    const shown = make();
    shown.show([node('a'), node('b')]);
    expect(shown.outdated(now)).toBeUndefined();
  });
});
