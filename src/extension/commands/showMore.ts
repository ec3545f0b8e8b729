import type { Command } from '../app';
import { chosenNodes } from '../tree/nodes';

/** The last item of a long list: shows the next page of it. */
export const showMore: Command = async ({ store }, node) => {
  for (const chosen of chosenNodes(node, undefined)) {
    if (chosen.kind === 'more') await store.more(chosen.state);
  }
};
