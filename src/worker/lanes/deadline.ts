/** The longest wait a timer of Node takes; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `act` once after `ms` of the monotonic clock, months included. Returns what cancels it. */
export function callAfter(ms: number, act: () => void): () => void {
  const at = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = at - performance.now();
    if (left <= 0) return act();
    timer = setTimeout(wait, Math.min(Math.ceil(left), LONGEST_TIMER_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
