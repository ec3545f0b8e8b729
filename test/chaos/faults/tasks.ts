/** Tasks that are hard on their worker and its host; a run has milder ones all the time. */
import type { Fault } from '../fault';
import type { TaskKind } from '../tasks';

const bursts = (name: string, kind: TaskKind, count: number): Fault => ({
  name,
  family: 'tasks',
  seconds: [0, 0],
  strike: scene => scene.still(() => scene.submit(scene.newTasks(kind, count))),
});

export const taskFaults: readonly Fault[] = [
  bursts('task-kills-worker', 'kills', 1),
  bursts('fork-storm', 'forks', 20),
  bursts('memory-growth', 'grows', 6),
];
