/**
 * How many tasks a claim asks for, and when those that wait here go back.
 *
 * A worker that claims only for free lanes leaves each of them idle for a round trip after every
 * task. So it may keep a few tasks more, its buffer, and starts them the moment a lane is free. What
 * it keeps is missing elsewhere when the queue runs out: the buffer covers the time of a claim and no
 * more, is at most half of this worker's share of what is left, and goes back when others are idle.
 */

export interface ClaimState {
  /** Lanes that have nothing to run. */
  freeLanes: number;
  /** All lanes of this worker. */
  lanes: number;
  /** Lanes of all live workers, this one's included. */
  liveLanes: number;
  /** Tasks left in todo as of the last answer; undefined before the first. */
  todo: number | undefined;
  /** Tasks claimed and not started. */
  buffered: number;
  /** Setting `prefetch`: tasks a lane; 0 is off. */
  prefetch: number;
  /** Time from asking to having, ms (moving average); undefined before the first claim. */
  latencyMs: number | undefined;
  /** Moving average of durations, ms; undefined before the first completion. */
  meanTaskMs: number | undefined;
}

export interface ClaimSize {
  /** To start at once. */
  start: number;
  /** To buffer besides. */
  buffer: number;
}

/** The buffer covers a little more than the time of a claim. */
const LATENCY_COVER = 1.25;

/** How many tasks to ask for now. With `prefetch` 0 as many as there are free lanes. */
export function claimSize(state: ClaimState): ClaimSize {
  const { freeLanes, buffered, prefetch } = state;
  if (prefetch === 0) return { start: freeLanes, buffer: 0 };
  const share = shareOfTodo(state);
  const start = Math.min(freeLanes, Math.max(1, share));
  const claim = Math.max(0, start + bufferTarget(state, share) - buffered);
  return { start: Math.min(start, claim), buffer: Math.max(0, claim - start) };
}

/** What is left, divided by lanes. Before the first answer nobody knows, and nothing is held back. */
function shareOfTodo({ todo, lanes, liveLanes }: ClaimState): number {
  if (todo === undefined) return Number.POSITIVE_INFINITY;
  return Math.ceil((todo * lanes) / Math.max(liveLanes, lanes));
}

function bufferTarget(state: ClaimState, share: number): number {
  const { lanes, prefetch, todo, latencyMs, meanTaskMs } = state;
  if (todo === undefined || latencyMs === undefined || meanTaskMs === undefined) return 0;
  const cover = Math.ceil((LATENCY_COVER * lanes * latencyMs) / Math.max(meanTaskMs, 1));
  return Math.min(prefetch * lanes, cover, Math.floor(share / 2));
}

/** Why buffered tasks go back. */
export type GiveBackReason =
  | 'others idle'
  | 'age'
  | 'paused'
  | 'draining'
  | 'pressure'
  | 'higher priority';

export interface BufferState {
  /** Tasks claimed and not started. */
  buffered: number;
  /** How long the oldest of them waits, ms. */
  oldestMs: number;
  /** Tasks left in todo as of the last answer; undefined before the first. */
  todo: number | undefined;
  /** Another worker got less than it asked for, as of the last answer. */
  othersIdle: boolean;
  /** Time from asking to having, ms (moving average); undefined before the first claim. */
  latencyMs: number | undefined;
  /** The queue is paused. */
  paused: boolean;
  /** This worker drains or stops. */
  draining: boolean;
  /** Memory of this host is short. */
  pressure: boolean;
  /** A task of higher priority than the buffered ones waits in todo and fits here, now. */
  higherPriority: boolean;
}

/** A buffer is made for the time of one claim; after so many its tasks are kept from others. */
const AGE_IN_CLAIMS = 4;
const SHORTEST_AGE_MS = 10_000;

/** Whether all buffered tasks go back with the next call, and why. */
export function giveBackBuffered(state: BufferState): GiveBackReason | undefined {
  if (state.buffered === 0) return undefined;
  if (state.draining) return 'draining';
  if (state.paused) return 'paused';
  if (state.pressure) return 'pressure';
  if (state.higherPriority) return 'higher priority';
  if (state.othersIdle && state.todo === 0) return 'others idle';
  const oldest = Math.max(SHORTEST_AGE_MS, AGE_IN_CLAIMS * (state.latencyMs ?? 0));
  return state.oldestMs > oldest ? 'age' : undefined;
}
