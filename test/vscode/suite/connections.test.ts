import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { LocalCluster } from '../../../src/extension/cluster/localCluster';
import { Connections } from '../../../src/extension/connection/connections';
import { Store } from '../../../src/extension/store/store';
import { startRedis, type TestRedis } from '../../setup/redis';
import { settings } from './connectWindow';

describe('connecting while an earlier connection is still looked for', () => {
  const servers: TestRedis[] = [];
  const store = new Store(() => undefined);

  before(async () => {
    servers.push(await startRedis(), await startRedis());
  });
  after(async () => {
    store.close();
    await settings().update('redis.url', undefined, vscode.ConfigurationTarget.Global);
    for (const server of servers) await server.stop();
  });

  it('ends at the later one, and so does disconnecting', async () => {
    const [first, second] = servers;
    assert.ok(first && second);
    const keychain = new SlowKeychain(`:${first.port}`);
    const connections = new Connections(contextWith(keychain), store, {} as LocalCluster);
    await use(first);
    const early = connections.resume();
    await use(second);
    await connections.resume();
    keychain.answer();
    await early;
    assert.equal(store.target?.label, `127.0.0.1:${second.port}`);
    assert.equal(store.link.state, 'live');

    await use(first);
    const late = connections.resume();
    await connections.disconnect();
    keychain.answer();
    await late;
    assert.equal(store.link.state, 'unconfigured');
  });

  const use = ({ port }: TestRedis) =>
    settings().update('redis.url', `redis://127.0.0.1:${port}`, vscode.ConfigurationTarget.Global);
});

/** One of a desktop may ask a person before it tells: it tells of this server when it is told to. */
class SlowKeychain {
  answer = () => {};

  constructor(readonly slow: string) {}

  async get(key: string): Promise<undefined> {
    if (!key.endsWith(this.slow)) return;
    await new Promise<void>(resolve => {
      this.answer = resolve;
    });
  }
}

function contextWith(secrets: SlowKeychain): vscode.ExtensionContext {
  const memory = new Map<string, unknown>();
  const state = {
    get: (key: string, otherwise: unknown) => memory.get(key) ?? otherwise,
    update: async (key: string, value: unknown) => void memory.set(key, value),
  };
  return {
    secrets,
    workspaceState: state,
    globalState: state,
  } as unknown as vscode.ExtensionContext;
}
