/**
 * A worker without a queue, for tests that kill it: runs the commands it is given, all at once, and ends when
 * they have. Arguments: one JSON object { options, lanes, folder, commands }.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutorOptions } from '../../../src/worker/lanes/executor';
import { LanePool } from '../../../src/worker/lanes/pool';
import { SpawnExecutor } from '../../../src/worker/lanes/spawnExecutor';

export interface TinyWork {
  options: ExecutorOptions;
  lanes: boolean;
  folder: string;
  commands: string[];
}

const { options, lanes, folder, commands }: TinyWork = JSON.parse(process.argv[2] ?? '');
const executor = lanes ? new LanePool(options) : new SpawnExecutor(options);
// Whoever asks learns when all that it was just doing is done, such as telling its guard what it started.
process.on('SIGUSR2', () => writeFileSync(join(folder, 'turn'), ''));
await Promise.all(
  commands.map((command, i) =>
    executor.run({
      taskId: `tiny${i}`,
      worker: 'tiny~1',
      attempt: 1,
      command,
      outputBase: join(folder, `tiny${i}`),
      timeoutSeconds: 0,
    }),
  ),
);
await executor.close();
