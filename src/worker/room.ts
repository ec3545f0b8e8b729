/** What a worker has room for: what its limits and its promises to running tasks leave over. */
import type { ClaimRoom } from '../queue/cycle';
import type { ClaimSize } from './prefetch';

/** What one task asks for. */
export interface Need {
  memoryGb: number;
  cores: number;
}

/** What this worker may use. */
export interface Limits {
  totalMemoryGb: number;
  /** Memory that the host would have for tasks with none of them running. */
  capacityGb: number;
  cores: number;
  /** Available memory that must stay free when a task starts. */
  acceptAboveGb: number;
}

/** What it holds. */
export interface Held {
  running: Need;
  buffered: Need & { lowestPriority: number | undefined };
}

export const NO_NEED: Need = { memoryGb: 0, cores: 0 };

const NOTHING = { tasks: 0, memoryGb: 0, cores: 0 };

/** A call that claims nothing. */
export const NO_ROOM: ClaimRoom = {
  start: NOTHING,
  buffer: NOTHING,
  freed: NO_NEED,
  bufferedPriority: undefined,
  capacity: NO_NEED,
  unpromisedGb: 0,
};

export function sumOf(needs: Iterable<Need>): Need {
  let memoryGb = 0;
  let cores = 0;
  for (const need of needs) {
    memoryGb += need.memoryGb;
    cores += need.cores;
  }
  return { memoryGb, cores };
}

/** Whether the host has so little memory that nothing may start. */
export function isTooFull(limits: Limits, availableGb: number): boolean {
  return availableGb < limits.acceptAboveGb;
}

/**
 * @param size how many tasks are wanted
 * @param availableGb memory that the host could give now
 */
export function claimRoom(
  limits: Limits,
  held: Held,
  availableGb: number,
  size: ClaimSize,
): ClaimRoom {
  if (isTooFull(limits, availableGb)) return NO_ROOM;
  const { running, buffered } = held;
  const spareGb = availableGb - limits.acceptAboveGb;
  const unpromisedGb = limits.totalMemoryGb - running.memoryGb;
  // What runs gives its promise back when it ends, whether it used it or not.
  const freedGb = Math.min(limits.totalMemoryGb, spareGb + running.memoryGb);
  return {
    start: {
      tasks: size.start,
      memoryGb: atLeastZero(Math.min(unpromisedGb, spareGb)),
      cores: atLeastZero(limits.cores - running.cores),
    },
    buffer: {
      tasks: size.buffer,
      memoryGb: atLeastZero(freedGb - buffered.memoryGb),
      cores: atLeastZero(limits.cores - buffered.cores),
    },
    freed: { memoryGb: freedGb, cores: limits.cores },
    bufferedPriority: buffered.lowestPriority,
    capacity: { memoryGb: atLeastZero(limits.capacityGb), cores: limits.cores },
    unpromisedGb: atLeastZero(unpromisedGb),
  };
}

/**
 * Whether a buffered task may start without asking: it fits beside what runs into what Redis was told
 * was promised, so peers on this machine left that much alone.
 */
export function fitsPromise(need: Need, running: Need, told: Need, spareGb: number): boolean {
  if (need.memoryGb === 0 && need.cores === 0) return true;
  return (
    running.memoryGb + need.memoryGb <= told.memoryGb &&
    running.cores + need.cores <= told.cores &&
    need.memoryGb <= spareGb
  );
}

function atLeastZero(value: number): number {
  return Math.max(0, value);
}
