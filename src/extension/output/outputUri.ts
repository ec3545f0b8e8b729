/** The address of an output document: which task of which queue, which attempt, which of its streams. */
import { l10n, Uri } from 'vscode';
import { commandOf } from '../../queue/rowWords';
import { taskId } from '../../tasks/task';
import { shorten } from '../../tasks/words';

export const OUTPUT_SCHEME = 'distcomp-output';

export type Stream = 'out' | 'err';

export interface OutputTarget {
  line: string;
  /** Undefined: always the newest. */
  attempt?: number;
  /** Undefined: both. */
  stream?: Stream;
  /** Without what differs between any two attempts (times, workers), for a comparison. */
  bare?: boolean;
}

/** What an address says: the line itself may be too long for one. */
export type OutputAddress = Omit<OutputTarget, 'line'> & {
  id: string;
  /** The queue, as `placeOf` names it. */
  place: string;
};

const TITLE_LENGTH = 40;

/** `place`: the queue, as `placeOf` names it. */
export function outputUri({ line, attempt, stream, bare }: OutputTarget, place: string): Uri {
  const query = new URLSearchParams({ place });
  if (attempt !== undefined) query.set('attempt', String(attempt));
  if (stream) query.set('stream', stream);
  if (bare) query.set('bare', '1');
  const name = [
    shortTitle(line),
    ...(attempt === undefined ? [] : [l10n.t('attempt {0}', attempt)]),
    ...(stream ? [streamTitle(stream)] : []),
  ].join(' · ');
  // By its extension the editor knows how to colour it.
  const path = `/${taskId(line)}/${name}.log`;
  return Uri.from({ scheme: OUTPUT_SCHEME, path, query: query.toString() });
}

export function parseOutputUri(uri: Uri): OutputAddress {
  const query = new URLSearchParams(uri.query);
  const attempt = Number(query.get('attempt') ?? Number.NaN);
  const stream = query.get('stream');
  return {
    id: uri.path.split('/')[1] ?? '',
    place: query.get('place') ?? '',
    ...(Number.isSafeInteger(attempt) ? { attempt } : {}),
    ...(stream === 'out' || stream === 'err' ? { stream } : {}),
    ...(query.has('bare') ? { bare: true } : {}),
  };
}

export const streamTitle = (stream: Stream): string =>
  stream === 'out' ? l10n.t('standard output') : l10n.t('standard error');

/** For a tab: what a person recognises, made of characters that a name in a path may hold. */
export const shortTitle = (line: string): string =>
  shorten(commandOf(line), TITLE_LENGTH).replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|[/\\]/gu, '_');
