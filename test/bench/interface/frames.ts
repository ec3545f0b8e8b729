/** What a page does over some time: gaps between its frames, messages that it hears, its heap. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from 'playwright-core';

export interface Frames {
  /** Between one frame and the next, ms, all of them. */
  gaps: number[];
  messages: number;
  bytes: number;
  heapMb: number;
}

/** Counts in the page what happens in it for so long. */
export async function framesOf(page: Frame, seconds: number): Promise<Frames> {
  await page.evaluate(`{
    window.measured = { gaps: [], messages: 0, bytes: 0, isOn: true };
    let last = performance.now();
    const frame = now => {
      measured.gaps.push(now - last);
      last = now;
      if (measured.isOn) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    window.counting ??= addEventListener('message', ({ data }) => {
      measured.messages++;
      measured.bytes += JSON.stringify(data).length;
    }) ?? true;
  }`);
  await sleep(seconds * 1_000);
  return page.evaluate<Frames>(`{
    measured.isOn = false;
    ({ ...measured, heapMb: performance.memory.usedJSHeapSize / 2 ** 20 });
  }`);
}
