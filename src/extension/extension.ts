/**
 * The extension for VS Code: views and commands over `queue` and `cluster`, which do the work. One
 * store knows the queue; tree, status bar and context keys follow it; each command is one file.
 */
import * as vscode from 'vscode';
import type { App } from './app';
import { LocalCluster } from './cluster/localCluster';
import { WindowWorker } from './cluster/windowWorker';
import { registerCommands } from './commands';
import { followConfFiles } from './connection/confFiles';
import { Connections } from './connection/connections';
import { followContextKeys } from './contextKeys';
import { Dashboard } from './dashboard/dashboard';
import { ChangedSettings } from './hosts/changedSettings';
import { HostLaunch } from './hosts/hostLaunch';
import { HostList } from './hosts/hostList';
import { folderOf, workerBundle } from './hosts/hostSettings';
import { hostsOfWorkers } from './hosts/hostsOfWorkers';
import { HostView } from './hosts/hostView';
import { RememberedHosts } from './hosts/rememberedHosts';
import { WindowTunnels } from './hosts/windowTunnels';
import { registerTaskLanguage } from './language';
import { OutputDocuments } from './output/outputDocuments';
import { OutputLenses } from './output/outputLenses';
import { RunNotices } from './runs/runNotices';
import { StatusBar } from './statusBar';
import { Filter } from './store/filter';
import { Store } from './store/store';
import { Problems } from './submission/problems';
import { ReportDocuments } from './submission/reportDocuments';
import { QueueView } from './tree/queueView';
import { WorkerView } from './workers/workerView';

/** Only registers. The queue is connected to in the background. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('DistComp', { log: true });
  const store = new Store(line => log.info(line));
  const local = new LocalCluster(context, log);
  const worker = new WindowWorker(context, store, log);
  const connections = new Connections(context, store, local);
  const filter = new Filter(store, line => log.info(line));
  const view = new QueueView(store, filter);
  const workers = new WorkerView(store, line => log.info(line));
  const problems = new Problems();
  const outputs = new OutputDocuments(store);
  const runs = new RunNotices(store, context.workspaceState, {
    showFailures: () => view.showFailed(),
    async retry(queue, failures, count) {
      const { retryFailedWithin } = await import('./actions/retrying');
      return retryFailedWithin(app, queue, failures, count);
    },
  });
  const reports = new ReportDocuments();
  const note = (error: Error) => log.error(error);
  const remembered = new RememberedHosts(context.globalState);
  const list = new HostList(remembered, workerBundle(context.extensionUri), () =>
    folderOf(store.target),
  );
  const tunnels = new WindowTunnels(context.workspaceState, log);
  const hosts = new HostView(list, store, tunnels, note);
  const hostsOf = (names: readonly string[]) => hostsOfWorkers(list, names);
  const dashboard = new Dashboard(context.extensionUri, store, hostsOf, log);
  const launch = new HostLaunch(context.extensionUri, store, hosts, tunnels, log);
  const app: App = {
    store,
    connections,
    local,
    worker,
    filter,
    view,
    workers,
    hosts,
    launch,
    tunnels,
    dashboard,
    problems,
    outputs,
    runs,
    reports,
    log,
    extension: context.extensionUri,
  };
  const resume = () => {
    connections.resume().catch(note);
  };
  const limitRefresh = () => {
    const settings = vscode.workspace.getConfiguration('distcomp');
    store.limitRefresh(settings.get<number>('refresh.perSecond', 4));
  };
  limitRefresh();
  context.subscriptions.push(
    log,
    filter,
    view,
    workers,
    hosts,
    tunnels,
    new ChangedSettings(store, hosts, log),
    store.onDidChange(() => void launch.resumeTunnels().catch(note)),
    dashboard,
    problems,
    outputs,
    new OutputLenses(outputs),
    runs,
    reports,
    local,
    worker,
    store.onDidChange(() => void worker.resume().catch(note)),
    local.onDidEnd(() => {
      connections.leaveLocal().catch(note);
    }),
    new StatusBar(store, view),
    followContextKeys(store, filter),
    followConfFiles(store),
    connections.follow(note),
    ...registerCommands(app),
    ...registerTaskLanguage(store, problems),
    vscode.workspace.onDidGrantWorkspaceTrust(resume),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (!change.affectsConfiguration('distcomp')) return;
      limitRefresh();
      local.reconfigure().catch(note);
      worker.reconfigure().catch(note);
    }),
    { dispose: () => store.close() },
  );
  resume();
}
