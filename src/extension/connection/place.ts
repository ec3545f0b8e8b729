import type { Target } from '../store/store';

/** A queue as people know it, `node0:6400/default`: its address may change while it is the same one. */
export const placeOf = ({ label, queue }: Target): string => `${label}/${queue}`;
