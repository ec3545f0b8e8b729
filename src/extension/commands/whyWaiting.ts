import * as vscode from 'vscode';
import { commandOf } from '../../queue/rowWords';
import type { Waiting, WaitingReason, WorkerVerdict } from '../../queue/waiting';
import { whyWaiting as ask, type WaitingAnswer } from '../../queue/waitingFacts';
import {
  byNearness,
  notWaitingWords,
  outlookWords,
  reasonWords,
  verdictWords,
} from '../../queue/waitingWords';
import { capital, number, shorten, visible } from '../../tasks/words';
import { chosenTasks } from '../actions/pickTasks';
import type { App, Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';

const TITLE_LENGTH = 60;
const MOST_NAMED = 50;

interface Choice extends vscode.QuickPickItem {
  /** What it does when it is chosen: an item that only says something does nothing. */
  run?: () => Thenable<unknown>;
}

/** Shows what holds a task up, the nearest remedies, and each worker that cannot take it. */
export const whyWaiting: Command = async (app, node, nodes) => {
  const [line] = await chosenTasks(app, node, nodes, {
    title: vscode.l10n.t('Why Is It Waiting?'),
    states: ['todo'],
    one: true,
  });
  if (line === undefined) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const answer = await ask(queue, line);
  if (!answer.waiting) {
    inform(notWaitingWords(answer.state, answer.owner));
    return;
  }
  const name = visible(shorten(commandOf(line), TITLE_LENGTH));
  const picked = await vscode.window.showQuickPick(
    choices(app, queue.name, answer, answer.waiting),
    {
      title: vscode.l10n.t('Why Is It Waiting? {0}', name),
      placeHolder: vscode.l10n.t('What holds it up; Enter on a remedy does it'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  await picked?.run?.();
};

function choices(app: App, queue: string, { nowMs }: WaitingAnswer, waiting: Waiting): Choice[] {
  const workers = byNearness(waiting.workers);
  const more = workers.length - MOST_NAMED;
  return [
    ...waiting.reasons.map(reasonChoice),
    separator(vscode.l10n.t('What to do')),
    ...remedies(app, queue, waiting.reasons),
    ...(workers.length > 0 ? [separator(vscode.l10n.t('Workers'))] : []),
    ...workers.slice(0, MOST_NAMED).map(one => workerChoice(one, nowMs)),
    ...(more > 0 ? [{ label: vscode.l10n.t('… and {0} more', number(more)) }] : []),
  ];
}

function reasonChoice(reason: WaitingReason): Choice {
  const words = capital(reasonWords(reason));
  const detail = outlookWords(reason);
  return {
    label: `$(${ICONS[reason.kind] ?? 'info'}) ${plain(words)}`,
    ...(detail === undefined ? {} : { detail: plain(detail) }),
  };
}

const ICONS: Partial<Record<WaitingReason['kind'], string>> = {
  closed: 'circle-slash',
  paused: 'debug-pause',
  no_worker: 'warning',
  ours_alone: 'warning',
  none_takes: 'warning',
  too_much_memory: 'warning',
  too_many_cores: 'warning',
  elsewhere: 'history',
  higher: 'arrow-up',
  ahead: 'list-ordered',
};

/** The nearest first. What changes anything asks by itself whether it may. */
function remedies(app: App, queue: string, reasons: readonly WaitingReason[]): Choice[] {
  const found: Choice[] = [];
  // The task may be of another queue than the one that is shown.
  const node = { kind: 'queue', queue };
  for (const reason of reasons) {
    if (reason.kind === 'closed') {
      found.push(remedy('unlock', vscode.l10n.t('Open Queue'), 'openQueue', node));
    }
    if (reason.kind === 'paused') {
      found.push(remedy('debug-continue', vscode.l10n.t('Resume'), 'resumeQueue', node));
    }
    if (reason.kind === 'limit') {
      found.push(remedy('settings', vscode.l10n.t('Set Queue Limits…'), 'setLimits', node));
    }
    if (reason.kind !== 'no_worker') continue;
    if (reason.silent > 0) {
      found.push(remedy('discard', vscode.l10n.t('Recover Lost Workers'), 'recoverLostWorkers'));
    }
    if (app.store.target?.isLocal) {
      found.push(remedy('play', vscode.l10n.t('Start Local Cluster'), 'startLocalCluster'));
    } else found.push(remedy('play', vscode.l10n.t('Start Worker on This Machine'), 'startWorker'));
    found.push(remedy('rocket', vscode.l10n.t('Launch Workers over SSH…'), 'launchWorkers'));
  }
  found.push(remedy('vm', vscode.l10n.t('Show Workers'), 'workers.focus'));
  return found;
}

function remedy(icon: string, title: string, command: string, ...args: unknown[]): Choice {
  return {
    label: `$(${icon}) ${title}`,
    run: () => vscode.commands.executeCommand(`distcomp.${command}`, ...args),
  };
}

function workerChoice(one: WorkerVerdict, nowMs: number): Choice {
  return {
    label: plain(visible(one.worker.name)),
    description: plain(verdictWords(one, nowMs)),
  };
}

const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
