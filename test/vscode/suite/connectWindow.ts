/** The window of the suite on a Redis, and off it again. */
import * as vscode from 'vscode';
import type { TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';

export const settings = () => vscode.workspace.getConfiguration('distcomp');

/** Resolves when the extension has connected. */
export async function connectWindow(server: TestRedis): Promise<void> {
  const redis = server.client();
  await settings().update('redis.url', server.url, vscode.ConfigurationTarget.Global);
  await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'), {
    describe: 'the extension to connect',
  });
}

/** Ends the server too. */
export async function disconnectWindow(server: TestRedis): Promise<void> {
  await settings().update('redis.url', undefined, vscode.ConfigurationTarget.Global);
  await server.stop();
}
