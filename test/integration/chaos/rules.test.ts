/** Would a chaos run notice if a rule were gone? Each drill is right with the rule, and wrong without it. */
import { expect, it } from 'vitest';
import { DRILLS, type Drill } from '../../chaos/drills';
import { endAll } from '../../chaos/play';
import { Scene } from '../../chaos/scene';
import { workerWith } from '../../setup/bundle';

/** What must happen happens, on a slow machine too; without the rule it never does. */
const PATIENCE_MS = { with: 60_000, without: 5_000 };

async function play(drill: Drill, program?: string): Promise<readonly string[]> {
  const scene = await Scene.set({ ...drill.scene, ...(program ? { program } : {}) });
  try {
    await drill.play(scene, program ? PATIENCE_MS.without : PATIENCE_MS.with);
    if (scene.judge.wrong.size > 0) return [...scene.judge.wrong];
    return (await endAll(scene)).wrong;
  } finally {
    await scene.remove();
  }
}

it.each(DRILLS)('a drill ends well by $rule', { timeout: 240_000 }, async drill => {
  expect(await play(drill)).toEqual([]);
});

it.each(DRILLS)('a drill goes wrong without $rule', { timeout: 240_000 }, async drill => {
  const wrong = await play(drill, await workerWith('without-rule', drill.without));
  expect(wrong.join('\n')).toMatch(drill.tells);
});
