import type { Column } from '../src/protocol';

/** Of the boxes that are ticked. */
const CHECK_EM = 2;
/** Of a usual character, and of the gap between two columns. */
const CHARACTER_EM = 0.55;
const GAP_EM = 1;

/** How wide the columns of a grid are (a CSS list of tracks), and how wide the grid is at least. */
export function tracksOf(columns: readonly Pick<Column, 'width'>[]): {
  tracks: string;
  least: string;
} {
  const least = columns.map(({ width }) => width * CHARACTER_EM + GAP_EM);
  const tracks = columns.map(({ width }, i) => `minmax(${em(least[i] ?? 0)}, ${width}fr)`);
  const all = least.reduce((sum, each) => sum + each, CHECK_EM);
  return { tracks: [em(CHECK_EM), ...tracks].join(' '), least: em(all) };
}

const em = (value: number) => `${Number(value.toFixed(2))}em`;
