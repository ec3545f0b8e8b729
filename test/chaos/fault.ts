/** What every fault is. `faults.ts` has all of them, `faults/` one file a family. */
import type { Scene } from './scene';
import type { FaultKind, Strike } from './schedule';

export interface Fault extends FaultKind {
  /** Strikes, and heals: resolves when it is over. */
  strike(scene: Scene, strike: Strike): Promise<void>;
}
