import type { PageRow } from '../../queue/pages';

/** Tasks that one "Show more" adds. */
export const PAGE_SIZE = 200;

/** The tasks of one state that were read so far. */
export interface Rows {
  rows: readonly PageRow[];
  /** Whether there are more behind them. */
  more: boolean;
  /** Where order ends: the first of those that come in no order. Undefined: all are in order so far. */
  orderEnds: number | undefined;
}

export const noRows: Rows = { rows: [], more: false, orderEnds: undefined };

/** What a search in one state has found by now. */
export interface Found {
  lines: string[];
  searched: number;
  total: number;
  /** The search ended here since nobody reads more. */
  isFull: boolean;
}

export const noneFound = (): Found => ({ lines: [], searched: 0, total: 0, isFull: false });
