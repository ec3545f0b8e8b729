/** The `when` keys of package.json that follow the store and the filter. */
import * as vscode from 'vscode';
import type { Filter } from './store/filter';
import type { Store } from './store/store';

/** Sets them now and whenever they change. */
export function followContextKeys(store: Store, filter: Filter): { dispose(): void } {
  const set = new Map<string, unknown>();
  const update = () => {
    for (const [key, value] of Object.entries(contextKeys(store, filter))) {
      if (set.get(key) === value) continue;
      set.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  };
  update();
  const subscriptions = [store.onDidChange(update), filter.onDidChange(update)];
  return {
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

function contextKeys(
  { link, counts, isEmpty, target }: Store,
  filter: Filter,
): Record<string, unknown> {
  return {
    'distcomp.state': link.state,
    'distcomp.connected': link.state === 'live',
    'distcomp.empty': isEmpty,
    'distcomp.noWorkers': counts?.workers === 0,
    'distcomp.filtered': filter.isOn,
    'distcomp.searching': filter.state === 'searching',
    'distcomp.paused': counts?.paused === true,
    'distcomp.closed': counts?.closed === true,
    'distcomp.canUndo': (counts?.undoable ?? 0) > 0,
    'distcomp.isLocal': target?.isLocal === true,
  };
}
