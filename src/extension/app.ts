/** What commands work with: one of each, made at activation. */
import type { LogOutputChannel, Uri } from 'vscode';
import type { LocalCluster } from './cluster/localCluster';
import type { WindowWorker } from './cluster/windowWorker';
import type { Connections } from './connection/connections';
import type { Dashboard } from './dashboard/dashboard';
import type { HostLaunch } from './hosts/hostLaunch';
import type { HostView } from './hosts/hostView';
import type { WindowTunnels } from './hosts/windowTunnels';
import type { OutputDocuments } from './output/outputDocuments';
import type { RunNotices } from './runs/runNotices';
import type { Filter } from './store/filter';
import type { Store } from './store/store';
import type { Problems } from './submission/problems';
import type { ReportDocuments } from './submission/reportDocuments';
import type { QueueView } from './tree/queueView';
import type { WorkerView } from './workers/workerView';

export interface App {
  /** Where this extension is installed. */
  extension: Uri;
  store: Store;
  connections: Connections;
  local: LocalCluster;
  worker: WindowWorker;
  filter: Filter;
  view: QueueView;
  workers: WorkerView;
  hosts: HostView;
  launch: HostLaunch;
  tunnels: WindowTunnels;
  dashboard: Dashboard;
  problems: Problems;
  outputs: OutputDocuments;
  runs: RunNotices;
  reports: ReportDocuments;
  log: LogOutputChannel;
}

/** One command of package.json. Called with what it was invoked on (an item and the selected ones) or nothing. */
export type Command = (app: App, ...args: unknown[]) => Promise<void>;
