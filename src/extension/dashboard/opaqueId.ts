import { createHash } from 'node:crypto';

/** By which the page names to the host what others named: it never sends back what they wrote. */
export const opaqueId = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);
