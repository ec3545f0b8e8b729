/**
 * A tunnel's states: connecting → up → down (waits for its next try) → connecting → …, and closed from
 * any of them. Pure.
 */
import { endsInARow, restartDelayMs } from '../restartDelay';

/** Times are milliseconds since 1970. `ends` in a row decide how long the next wait is. */
export type TunnelState =
  | { is: 'connecting'; ends: number; since?: number }
  | { is: 'up'; ends: number; since: number }
  | {
      is: 'down';
      ends: number;
      /** When it was lost, failed tries since then left out. */
      since: number;
      why: string;
      /** It may help that a person logs in. */
      login?: true;
      nextTry: number;
    }
  | { is: 'closed' };

export type TunnelEvent =
  | { is: 'up' }
  /** A connection, or the attempt to make one. */
  | { is: 'ended'; why: string; login?: true }
  | { is: 'trying' }
  | { is: 'closed' };

export const FIRST: TunnelState = { is: 'connecting', ends: 0 };

/** `random`: from 0 to 1, so that the tunnels of many hosts do not all come back at once. */
export function afterEvent(
  state: TunnelState,
  event: TunnelEvent,
  now: number,
  random: number,
): TunnelState {
  if (state.is === 'closed') return state;
  if (event.is === 'closed') return { is: 'closed' };
  const { ends, since = now } = state;
  if (event.is === 'up') return { is: 'up', ends, since: now };
  if (event.is === 'trying') return { is: 'connecting', ends, since };
  const wasUp = state.is === 'up';
  const inARow = endsInARow(ends, wasUp ? now - since : 0);
  const waitMs = restartDelayMs(inARow) * (0.5 + random / 2);
  return {
    is: 'down',
    ends: inARow,
    since: wasUp ? now : since,
    why: event.why,
    ...(event.login && { login: event.login }),
    nextTry: now + waitMs,
  };
}
