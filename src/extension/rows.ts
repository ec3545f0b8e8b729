import type { PageRow } from '../queue/pages';

/** Tasks that one "Show more" adds. */
export const PAGE_SIZE = 200;

/** The tasks of one state that were read so far. */
export interface Rows {
  rows: readonly PageRow[];
  /** Whether there are more behind them. */
  more: boolean;
  /** False: the last of them came in no order. */
  ordered: boolean;
}
