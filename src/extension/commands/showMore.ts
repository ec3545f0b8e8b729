import type { Command } from '../app';
import { chosenNodes } from '../tree/nodes';

/** The last item of a long list: shows the next page of it. */
export const showMore: Command = async ({ store, filter }, node) => {
  for (const chosen of chosenNodes(node, undefined)) {
    if (chosen.kind !== 'more') continue;
    if (chosen.filtered) filter.more(chosen.state);
    else await store.more(chosen.state);
  }
};
