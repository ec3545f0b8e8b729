/** What a worker may claim: what its limits and what it has promised to running tasks leave over. */

/** What one task asks for. */
export interface Need {
  memoryGb: number;
  cores: number;
}

export interface Limits {
  /** Tasks at a time. */
  lanes: number;
  totalMemoryGb: number;
  cores: number;
  /** Available memory that must stay free when a task starts. */
  acceptAboveGb: number;
}

export interface Room {
  lanes: number;
  memoryGb: number;
  cores: number;
}

export const NO_ROOM: Room = { lanes: 0, memoryGb: 0, cores: 0 };

/**
 * @param running needs of the tasks that run
 * @param availableGb memory that the host could give now
 */
export function roomLeft(limits: Limits, running: Iterable<Need>, availableGb: number): Room {
  let count = 0;
  let memoryGb = 0;
  let cores = 0;
  for (const need of running) {
    count++;
    memoryGb += need.memoryGb;
    cores += need.cores;
  }
  const lanes = limits.lanes - count;
  if (lanes <= 0 || availableGb < limits.acceptAboveGb) return NO_ROOM;
  return {
    lanes,
    memoryGb: Math.max(
      0,
      Math.min(limits.totalMemoryGb - memoryGb, availableGb - limits.acceptAboveGb),
    ),
    cores: Math.max(0, limits.cores - cores),
  };
}
