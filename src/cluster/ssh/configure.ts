/** Changed settings for workers that run on hosts: each follows its conf.json there. */
import { onEach } from './crowd';
import type { Host } from './hosts';
import { type Asking, ask } from './manage';
import type { HostFailure } from './results';

export interface ConfigureOptions extends Asking {
  hosts: readonly Host[];
  queueFolder: string;
  /** By the keys of conf.json; undefined: the host decides. What a host has of its own counts over it. */
  changes: Readonly<Record<string, unknown>>;
  /** As soon as it is known. */
  onResult?: (result: ConfigureResult) => void;
}

export interface ConfigureResult {
  host: Host;
  /** `none`: no worker of the queue runs there. */
  outcome: 'changed' | 'same' | 'none' | 'failed';
  failure?: HostFailure;
}

/** Results in the order of the hosts. */
export function configureWorkers(options: ConfigureOptions): Promise<ConfigureResult[]> {
  return onEach(options.hosts, host => configure(host, options), options.onResult);
}

async function configure(host: Host, options: ConfigureOptions): Promise<ConfigureResult> {
  const { said, failure } = await ask(host, ['read_settings'], options);
  if (failure) return { host, outcome: 'failed', failure };
  const text = said.find(({ word }) => word === 'settings')?.rest;
  if (text === undefined) return { host, outcome: 'none' };
  const before = parseSettings(text);
  if (!before) return failed(host, 'Its settings there cannot be read. Launch again.');
  const after = JSON.stringify({ ...before, ...options.changes, ...host.settings?.config });
  if (after === JSON.stringify(before)) return { host, outcome: 'same' };
  const written = await ask(host, ['write_settings'], options, after);
  if (written.failure) return { host, outcome: 'failed', failure: written.failure };
  const isRefused = written.said.some(({ word }) => word === 'fail');
  if (isRefused) return failed(host, 'Its settings cannot be written there. Is its disk full?');
  return { host, outcome: 'changed' };
}

const failed = (host: Host, message: string): ConfigureResult => ({
  host,
  outcome: 'failed',
  failure: { step: 'settings', message },
});

function parseSettings(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
