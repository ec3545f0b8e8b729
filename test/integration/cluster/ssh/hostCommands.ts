/** The commands about hosts as a person gives them, who has these hosts in the configuration of ssh. */
import type { TestNetwork } from '../../../setup/sshHosts';
import { type CommandOptions, type Ended, type Running, sandbox } from '../../cli/sandbox';

export interface HostCommands {
  /** Where they are given. */
  cwd: string;
  file(name: string, text: string | string[]): Promise<void>;
  start(words: readonly string[], options?: CommandOptions): Promise<Running>;
  /** Returns when it has ended. */
  distcomp(...words: string[]): Promise<Ended>;
}

/** `redis`: the URL of the one that is configured. */
export async function hostCommands(network: TestNetwork, redis: string): Promise<HostCommands> {
  const { cwd, file, start } = await sandbox();
  const begin = ([name = '', ...words]: readonly string[], { env, ...rest }: CommandOptions = {}) =>
    start([name, '--ssh-config', network.configFile, ...words], {
      env: { DISTCOMP_REDIS_URL: redis, ...env },
      ...rest,
    });
  return {
    cwd,
    file,
    start: begin,
    distcomp: async (...words) => (await begin(words)).ended,
  };
}
