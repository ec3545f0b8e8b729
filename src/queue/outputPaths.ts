/** How the files of an attempt's output are called, on whatever host they are. Pure. */
import { join } from 'node:path';

/**
 * `<folder>/3f/3f9a1c0d5e77-<attempt>-<instance>.<seq>`, to which `.out` and `.err` are added: unique
 * for each attempt, and no folder of a million files.
 */
export function outputBase(
  folder: string,
  taskId: string,
  attempt: number,
  instance: string,
  seq: number,
): string {
  return join(folder, taskId.slice(0, 2), `${taskId}-${attempt}-${instance}.${seq}`);
}

/** Whether a path is one that `outputBase` makes, in any folder. */
export function isOutputBase(path: string): boolean {
  return /\/distcomp-output\/([\da-f]{2})\/\1[\da-f]{10}-\d+-[\w-]+\.\d+$/.test(path);
}

/** Whether this is the name, below the folder of output, of a file that an attempt wrote. */
export function isOutputFile(name: string): boolean {
  return /^([\da-f]{2})\/\1[\da-f]{10}-\d+-[\w-]+\.\d+\.(out|err)$/.test(name);
}
