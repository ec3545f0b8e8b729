/** What people should know of an original that works on their queue. */
import { originals } from '../queue/originals';
import type { Queue } from '../queue/queue';
import { number } from '../tasks/words';

/** Undefined while none is alive. */
export async function originalsTakeNoNotice(queue: Queue): Promise<string | undefined> {
  const alive = (await originals(queue)).filter(original => original.alive).length;
  if (alive === 0) return undefined;
  return alive === 1
    ? 'A worker of the original is on this queue. It takes no notice.'
    : `${number(alive)} workers of the original are on this queue. They take no notice.`;
}
