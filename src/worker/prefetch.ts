/**
 * How many tasks a claim asks for, and when those that wait here go back.
 *
 * A worker that claims only for free lanes leaves each of them idle for a round trip after every
 * task. So it may keep a few tasks more, its buffer, and starts them the moment a lane is free. What
 * it keeps is missing elsewhere when the queue runs out: so it buffers only where tasks are short,
 * what ends during two claims and a short gathering of reports, only while there is plenty in todo, and gives back what
 * turns out to stand behind long tasks. `test/unit/worker/simulation` holds this to at most 2 % over
 * the makespan without a buffer.
 */

export interface ClaimState {
  /** Lanes that have nothing to run. */
  freeLanes: number;
  /** All lanes of this worker. */
  lanes: number;
  /**
   * Lanes of all live workers, this one's included; undefined until a worker has lived for two
   * heartbeats, since those that started with it are counted only then.
   */
  liveLanes: number | undefined;
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

/** Calls follow one another without a pause, so that what ends during two of them is waited for. */
const CALLS_TO_COVER = 2;
/**
 * While more than that is buffered, reports wait so long for others, ms: a call costs both sides about as much
 * with one report in it as with ten, and short tasks would spend more on calls than on anything else.
 */
const GATHER_MS = 20;
/** Where tasks take longer than so many claims, lanes wait too little of their time to buffer. */
const LONG_TASK_IN_CLAIMS = 25;
/** So many tasks are left in todo for each live lane: at the end of a queue nothing is buffered. */
const LEFT_FOR_EACH_LANE = 3;
/** Of what is over, a worker buffers at most this part of its share: others are answered meanwhile. */
const PART_OF_SHARE = 1 / 4;

/** How many tasks to ask for now: one for each free lane, and what the buffer lacks. */
export function claimSize(state: ClaimState): ClaimSize {
  const { freeLanes, buffered } = state;
  const start = Math.max(0, freeLanes - buffered);
  const kept = Math.max(0, buffered - freeLanes);
  return { start, buffer: Math.max(0, bufferTarget(state) - kept) };
}

/**
 * How long after the last call reports may wait for others, ms: 0 where a lane waits for the next call, or would
 * before it is answered.
 */
export function gatherMs(state: ClaimState): number {
  return state.freeLanes === 0 && state.buffered > coverOfCalls(state) ? GATHER_MS : 0;
}

function bufferTarget(state: ClaimState): number {
  const { lanes, prefetch, latencyMs, meanTaskMs } = state;
  if (prefetch === 0 || latencyMs === undefined || meanTaskMs === undefined) return 0;
  if (meanTaskMs > LONG_TASK_IN_CLAIMS * latencyMs) return 0;
  const cover = coverOfCalls(state) + Math.floor(endWithin(GATHER_MS, state));
  return Math.max(0, Math.min(prefetch * lanes, cover, Math.floor(spareShare(state))));
}

const coverOfCalls = (state: ClaimState): number =>
  Math.ceil(CALLS_TO_COVER * endWithin(state.latencyMs ?? 0, state));

/** How many tasks end here within so long. */
const endWithin = (ms: number, { lanes, meanTaskMs = 0 }: ClaimState): number =>
  (lanes * ms) / Math.max(meanTaskMs, 1);

/** The part that this worker may buffer of what is over when each live lane has enough left. */
function spareShare({ todo, lanes, liveLanes }: ClaimState): number {
  if (todo === undefined || liveLanes === undefined) return 0;
  const share = (todo * lanes) / Math.max(liveLanes, lanes, 1);
  return PART_OF_SHARE * (share - LEFT_FOR_EACH_LANE * lanes);
}

/** Why buffered tasks go back. */
export type GiveBackReason =
  | 'others idle'
  | 'age'
  | 'paused'
  | 'over the limit'
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
  /** More tasks are held, by all workers, than the queue may run. */
  overLimit: boolean;
  /** This worker drains or stops. */
  draining: boolean;
  /** Memory of this host is short. */
  pressure: boolean;
  /** A task of higher priority than the buffered ones waits in todo and fits here, now. */
  higherPriority: boolean;
}

/** A buffer is made for the time of two claims; after so many its tasks stand behind long ones. */
const LONGEST_IN_CLAIMS = 16;
const LONGEST_AT_LEAST_MS = 50;

/** How long a task may stay buffered, ms: then it goes back, whether or not others are idle. */
export function longestBuffered(latencyMs: number | undefined): number {
  return Math.max(LONGEST_AT_LEAST_MS, LONGEST_IN_CLAIMS * (latencyMs ?? 0));
}

/** Whether all buffered tasks go back with the next call, and why. */
export function giveBackBuffered(state: BufferState): GiveBackReason | undefined {
  if (state.buffered === 0) return undefined;
  if (state.draining) return 'draining';
  if (state.paused) return 'paused';
  if (state.overLimit) return 'over the limit';
  if (state.pressure) return 'pressure';
  if (state.higherPriority) return 'higher priority';
  if (state.othersIdle && state.todo === 0) return 'others idle';
  return state.oldestMs >= longestBuffered(state.latencyMs) ? 'age' : undefined;
}
