/**
 * `dist/keeper.js FOLDER [GRACE_MS]`: keeps the local cluster of a folder. Started by windows, and
 * ends by itself.
 */
import { keep } from './keeper';

/** Longer than any reload of a window takes. */
const GRACE_MS = 60_000;

const [folder = '', graceMs] = process.argv.slice(2);
keep(folder, graceMs === undefined ? GRACE_MS : Number(graceMs)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
