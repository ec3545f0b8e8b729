/** Random steps of a story, as fast-check makes and shrinks them: simple ones come first. */
import fc from 'fast-check';
import type { LimitChanges } from '../../../../src/queue/limits';
import type { WorldBesideOriginals } from './besideOriginals';
import type { CycleStep, Delivery, Fate, Told } from './crew';
import { LINES, SHARED_LINES } from './lines';
import type { ManagerCommand } from './peers';
import type { World } from './world';

/** Plays itself, and tells what happened. */
export type Step<W> = (world: W) => Promise<Told>;

interface Weighted<W> {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Step<W>>;
}

export type Steps<W> = readonly Weighted<W>[];

function step<W, T>(
  weight: number,
  how: fc.Arbitrary<T>,
  play: (world: W, how: T) => Promise<Told>,
): Weighted<W> {
  return { weight, arbitrary: how.map(value => (world: W) => play(world, value)) };
}

const slot = fc.nat({ max: 2 });
const nothing = fc.constant(undefined);
const someLines = (of: readonly string[]) => fc.subarray([...of], { minLength: 1 });

const delivery: fc.Arbitrary<Delivery> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Delivery>('is answered') },
  { weight: 1, arbitrary: fc.constantFrom<Delivery>('is sent twice', 'loses its answer', 'hangs') },
);

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fate>('runs') },
  { weight: 3, arbitrary: fc.constantFrom<Fate>('finishes', 'fails') },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Fate>('begins', 'goes back', 'takes too much memory'),
  },
);

const cycle: fc.Arbitrary<CycleStep> = fc.record({
  slot,
  fates: fc.array(fate, { maxLength: 4 }),
  lanes: fc.nat({ max: 3 }),
  buffer: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat({ max: 2 }) },
  ),
  keepsFree: fc.boolean(),
  delivery,
});

const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null, freq: 3 });

const limits: fc.Arbitrary<LimitChanges> = fc.record(
  { maxRunning: limit(3), stopAfterFailures: limit(3) },
  { requiredKeys: [] },
);

/** What looks twice while an original is alive. */
function lookingTwice<W extends World>(): Steps<W> {
  const retried = fc.record({ lines: someLines(LINES), memoryGb: fc.constantFrom(0, 7) });
  return [
    step(32, someLines(LINES), (world, lines) => world.submit(lines)),
    step(4, retried, (world, how) => world.retry(how.lines, how.memoryGb)),
    step(4, fc.nat({ max: 2 }), (world, which) => world.undo(which)),
  ];
}

function lookingOnce<W extends World>(): Steps<W> {
  return [
    step(48, cycle, (world, how) => world.crew.cycle(how)),
    step(16, fc.nat({ max: 11 }), (world, which) => world.crew.arrive(which)),
    step(16, fc.record({ slot, delivery }), (world, how) =>
      world.crew.renew(how.slot, how.delivery),
    ),
    step(6, fc.constantFrom(6, 1), (world, times) => world.look(times)),
    step(4, slot, (world, which) => world.crew.crash(which)),
    step(2, slot, (world, which) => world.crew.start(which)),
    step(2, slot, (world, which) => world.crew.leave(which)),
    step(4, nothing, world => world.sweep()),
    step(3, someLines(LINES), (world, lines) => world.cancel(lines)),
    step(2, fc.boolean(), (world, on) => world.pause(on)),
    step(6, limits, (world, changes) => world.limit(changes)),
    step(1, fc.boolean(), (world, on) => world.close(on)),
    step(1, slot, (world, which) => world.crew.drain(which)),
    step(1, nothing, world => world.removeFinished()),
    step(1, nothing, world => world.clear()),
    step(1, nothing, world => world.flush()),
  ];
}

/** What workers of ours, people with our tools, and Redis do. */
export const OUR_STEPS: Steps<World> = [
  ...lookingOnce(),
  ...lookingTwice(),
  step(2, nothing, world => world.save()),
  step(2, nothing, world => world.restart()),
];

const which = fc.nat({ max: 1 });
const times = fc.integer({ min: 1, max: 6 });

/** What originals do. Where one makes several round trips, each is judged. */
const THEIR_STEPS: Steps<WorldBesideOriginals> = [
  step(64, fc.record({ which, times }), (world, how) =>
    world.peers.original(how.which, 'main', how.times),
  ),
  step(8, which, (world, one) => world.peers.original(one, 'heartbeat', 1)),
  step(6, fc.record({ which, times }), (world, how) =>
    world.peers.original(how.which, 'monitor', how.times),
  ),
  step(24, fc.record({ one: fc.nat({ max: 3 }), exit: which }), (world, how) =>
    world.peers.ends(how.one, how.exit),
  ),
  step(32, fc.record({ one: fc.nat({ max: 3 }), times }), (world, how) =>
    world.peers.reports(how.one, how.times),
  ),
  step(4, fc.record({ which, commandsToo: fc.boolean() }), (world, how) =>
    world.peers.kill(how.which, how.commandsToo),
  ),
  step(
    8,
    fc.record({
      command: fc.constantFrom<ManagerCommand[]>(
        'load',
        'move failed',
        'move in progress',
        'cleanup',
        'remove finished',
      ),
      lines: someLines(SHARED_LINES),
      ahead: fc.boolean(),
    }),
    (world, how) => world.peers.manage(how.command, how.lines, how.ahead),
  ),
  step(16, fc.record({ which, times }), (world, how) => world.peers.manager(how.which, how.times)),
];

/** What ours and originals do on one queue. */
export const STEPS_BESIDE_ORIGINALS: Steps<WorldBesideOriginals> = [
  ...lookingOnce<WorldBesideOriginals>(),
  ...THEIR_STEPS,
  step(1, nothing, world => world.peers.manage('init', [], false)),
  step(3, fc.record({ which, forced: fc.boolean() }), (world, how) =>
    world.cleanup(how.which, how.forced),
  ),
  step(
    48,
    fc.record({
      twice: fc.oneof(...lookingTwice<WorldBesideOriginals>()),
      meanwhile: fc.array(fc.oneof(...THEIR_STEPS), { maxLength: 3 }),
    }),
    (world, how) => world.lookingTwice(how.twice, how.meanwhile),
  ),
];

/** A story of at most so many steps. */
export function story<W>(steps: Steps<W>, maxLength: number): fc.Arbitrary<Step<W>[]> {
  return fc.array(fc.oneof(...steps), { minLength: 1, maxLength, size: 'max' });
}
