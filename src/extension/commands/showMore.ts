import type { Command } from '../app';
import { chosenNodes } from '../tree/nodes';
import { isMoreHeld } from '../workers/nodes';

/** The last item of a long list: shows the next page of it. */
export const showMore: Command = async ({ store, workers, filter }, node) => {
  if (isMoreHeld(node)) await workers.more(node.worker, node.part);
  for (const chosen of chosenNodes(node, undefined)) {
    if (chosen.kind !== 'more') continue;
    if (chosen.filtered) filter.more(chosen.state);
    else await store.more(chosen.state);
  }
};
