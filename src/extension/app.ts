/** What commands work with: one of each, made at activation. */
import type { LogOutputChannel } from 'vscode';
import type { Connections } from './connections';
import type { Dashboard } from './dashboard/dashboard';
import type { Filter } from './filter';
import type { LocalCluster } from './localCluster';
import type { OutputDocuments } from './outputDocuments';
import type { Problems } from './problems';
import type { ReportDocuments } from './reportDocuments';
import type { RunNotices } from './runNotices';
import type { Store } from './store';
import type { QueueView } from './tree/queueView';
import type { WorkerView } from './workers/workerView';

export interface App {
  store: Store;
  connections: Connections;
  local: LocalCluster;
  filter: Filter;
  view: QueueView;
  workers: WorkerView;
  dashboard: Dashboard;
  problems: Problems;
  outputs: OutputDocuments;
  runs: RunNotices;
  reports: ReportDocuments;
  log: LogOutputChannel;
}

/** One command of package.json. Called with what it was invoked on (an item and the selected ones) or nothing. */
export type Command = (app: App, ...args: unknown[]) => Promise<void>;
