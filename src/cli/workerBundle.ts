import { join } from 'node:path';

/** The worker program, which stands beside this one in dist/. */
export function workerBundle(): string {
  return join(__dirname, 'worker.js');
}
