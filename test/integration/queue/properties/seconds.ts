/**
 * The second between two looks, without waiting for it: a test file puts `timers` in the place of
 * `node:timers/promises`, and what waits has `seconds.pass` happen instead.
 */
const now = performance.now.bind(performance);
let skippedMs = 0;
performance.now = () => now() + skippedMs;

export const seconds = {
  pass: async (): Promise<void> => undefined,
};

export const timers = {
  setTimeout: async (ms: number): Promise<void> => {
    await seconds.pass();
    skippedMs += ms;
  },
};
