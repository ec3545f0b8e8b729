import type { Column } from '../src/protocol';

/** Of the boxes that are ticked. */
const CHECK_EM = 2;

/** How wide the columns of a grid are (a CSS list of tracks), and how wide the grid is at least. */
export function tracksOf(columns: readonly Column[]): { tracks: string; least: string } {
  const widths = columns.map(widthOf);
  const tracks = widths.map(({ em, share }) => `minmax(${em}em, ${share}fr)`);
  const least = widths.reduce((sum, { em }) => sum + em, CHECK_EM);
  return { tracks: [`${CHECK_EM}em`, ...tracks].join(' '), least: `${least}em` };
}

function widthOf({ isFigure, isWide }: Column): { em: number; share: number } {
  if (isWide) return { em: 12, share: 3 };
  return isFigure ? { em: 5.5, share: 1 } : { em: 6, share: 1.5 };
}
