/**
 * Looks at heartbeats, as `lua/recover.lua` writes them into `seen`: `number of looks without change:when:
 * heartbeat`.
 */

/** Looks in a row without a change after which a worker is lost, an original dead. */
export const LOOKS_TO_LOSE = 5;

/** How many looks in a row found this heartbeat: one of an earlier heartbeat says nothing of it. */
export function looksWithoutChange(look: string | null | undefined, heartbeat: string): number {
  const [, looks, seen] = /^(\d+):\d+:(.*)$/s.exec(look ?? '') ?? [];
  return seen === heartbeat ? Number(looks) : 0;
}
