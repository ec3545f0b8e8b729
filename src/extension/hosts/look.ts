/** Asking hosts what runs there. In a window that is not trusted, none is reached. */
import { workspace } from 'vscode';
import type { HostState } from '../../cluster/ssh/hostStates';
import type { Host } from '../../cluster/ssh/hosts';
import { sshOptions } from './hostSettings';

export async function hostStandings(
  hosts: readonly Host[],
  workerBundle: string,
  queueFolder: string | undefined,
  onState: (state: HostState) => void,
): Promise<void> {
  if (!workspace.isTrusted) return;
  const { hostStates } = await import('../../cluster/ssh/hostStates');
  await hostStates({ hosts, workerBundle, queueFolder, ssh: sshOptions(), onState });
}
