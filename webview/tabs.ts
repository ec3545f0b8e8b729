/** What stands below the charts, one part at a time. */
import type { Tab } from '../src/protocol';
import { element } from './element';
import { words } from './words';

export function tabs(
  parts: readonly { tab: Tab; title: string; root: HTMLElement }[],
  chosen: Tab,
  onChoice: (tab: Tab) => void,
): HTMLElement {
  const panels = element('vscode-panels', {
    activeid: `tab-${chosen}`,
    'aria-label': words.labels.details,
  });
  for (const { tab, title } of parts) {
    panels.append(element('vscode-panel-tab', { id: `tab-${tab}` }, title));
  }
  for (const { tab, root } of parts) {
    panels.append(element('vscode-panel-view', { id: `view-${tab}` }, root));
  }
  panels.addEventListener('change', event => {
    // A drop-down list inside it tells of its own changes.
    if (event.target !== panels) return;
    // The attribute says so later.
    const active = 'activeid' in panels ? panels.activeid : undefined;
    const found = parts.find(({ tab }) => active === `tab-${tab}`);
    if (found) onChoice(found.tab);
  });
  return panels;
}
