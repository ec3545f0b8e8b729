/** The questions of Connect to Redis…: one address, an earlier connection, or its parts one by one. */
import * as vscode from 'vscode';
import { plain } from '../plainText';
import { readAddress, type WrittenAddress } from './address';
import type { Connections, RecentConnection } from './connections';

export interface Wanted {
  written: WrittenAddress;
  /** Another queue than the one in the settings. */
  queue?: string;
}

interface Item extends vscode.QuickPickItem {
  take?: RecentConnection;
  steps?: true;
}

/** `value` stands in the box from the start. */
export async function askAddress(
  connections: Connections,
  value: string,
): Promise<Wanted | undefined> {
  const chosen = await choose(connections, value);
  if (chosen === undefined) return undefined;
  if (chosen === 'steps') return (await import('./askParts')).askParts();
  const written = readAddress(chosen.text);
  return written && { written, ...(chosen.queue === undefined ? {} : { queue: chosen.queue }) };
}

type Choice = { text: string; queue?: string } | 'steps';

function choose(connections: Connections, value: string): Promise<Choice | undefined> {
  const { t } = vscode.l10n;
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = t('Connect to Redis');
  pick.placeholder = t(
    'Address: node0:6400, redis://user@node0:6400/0, rediss:// for TLS, redis+sentinel://, redis+cluster://, or a socket’s path',
  );
  pick.ignoreFocusOut = true;
  pick.value = value;
  // An earlier connection may be the active item only because the item of what is typed is not drawn yet.
  let isTypedDrawn = false;
  const update = () => {
    if (pick.value.trim() === '') isTypedDrawn = false;
    pick.items = itemsFor(pick.value.trim(), connections.recent);
  };
  update();
  pick.onDidChangeValue(update);
  pick.onDidChangeActive(([item]) => {
    if (item && isOfTyped(item)) isTypedDrawn = true;
  });
  return new Promise(resolve => {
    pick.onDidTriggerItemButton(async ({ item }) => {
      if (item.take) await connections.forget(item.take);
      update();
    });
    pick.onDidAccept(() => {
      const isMeant = isTypedDrawn || pick.value.trim() === '';
      const choice = choiceOf(isMeant ? pick.selectedItems[0] : undefined, pick.value);
      if (!choice) return;
      resolve(choice);
      pick.dispose();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** What was typed counts also when its item has not arrived in the list yet. */
function choiceOf(item: Item | undefined, value: string): Choice | undefined {
  if (item?.steps) return 'steps';
  if (item?.take) return item.take;
  return readAddress(value) ? { text: value } : undefined;
}

const isOfTyped = ({ take, steps }: Item) => !take && !steps;

/**
 * What is chosen is told by its place in the list that is drawn, which may be an older one: so an earlier
 * connection has the same place in all of them.
 */
function itemsFor(value: string, recent: readonly RecentConnection[]): Item[] {
  const { t } = vscode.l10n;
  const items: Item[] = [];
  const written = readAddress(value);
  if (written) {
    // Never with a password that is in it.
    const label = `$(plug) ${plain(t('Connect to {0}', written.text))}`;
    items.push({ label, alwaysShow: true });
  } else if (value !== '') {
    const label = t(
      'Write HOST:PORT, redis://HOST:PORT, rediss://HOST:PORT or /path/of/redis.sock',
    );
    items.push({ label: `$(warning) ${label}`, alwaysShow: true });
  } else {
    items.push({ label: '', kind: vscode.QuickPickItemKind.Separator });
  }
  if (recent.length > 0) {
    items.push({ label: t('Recent'), kind: vscode.QuickPickItemKind.Separator });
  }
  for (const take of recent) {
    items.push({
      label: `$(history) ${plain(take.text)}`,
      description: t('queue {0}', take.queue),
      take,
      buttons: [{ iconPath: new vscode.ThemeIcon('trash'), tooltip: t('Forget') }],
    });
  }
  items.push({ label: '', kind: vscode.QuickPickItemKind.Separator });
  items.push({
    label: `$(list-ordered) ${t('Step by Step…')}`,
    detail: t(
      'Host, socket, sentinels or cluster, then port, user, database and queue, one after the other',
    ),
    steps: true,
  });
  return items;
}
