import { readFileSync } from 'node:fs';

/**
 * A file that the kernel makes while it is read, so it never waits for a disk: asynchronously it would take a dozen
 * times as long. Empty where there is none.
 */
export function kernelFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
