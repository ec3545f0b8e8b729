/** Programs that are sent to hosts, into our folder there. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { patiently } from './crowd';
import type { Host } from './hosts';
import { runOn, type SshOptions } from './transport';

/** The worker program of a version. */
export interface Bundle {
  /** On hosts. */
  name: string;
  content: Buffer;
}

/** What scripts that start workers find of it. */
export const bundleValues = ({ name, content }: Bundle) => ({
  BUNDLE: name,
  BUNDLE_KB: String(Math.ceil(content.length / 1024)),
});

/** A Node of 100 MB over a slow line. */
const SEND_SECONDS = 1800;

/** `path`: of `worker.js` on this machine. */
export async function readBundle(path: string): Promise<Bundle> {
  const content = await readFile(path);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { name: `worker-${hash}.js`, content };
}

/** @throws SshFailed */
export async function send(
  host: Host,
  name: string,
  content: Buffer,
  ssh: SshOptions | undefined,
): Promise<void> {
  const options = { ...ssh, commandSeconds: SEND_SECONDS };
  await patiently(() => runOn(host, uploadCommand(name, content.length), content, options));
}

/**
 * For the command line of `ssh`, under any login shell: puts standard input under this name into our
 * folder, aside and then renamed. A connection that breaks ends the input too: what is not whole is not kept.
 */
export function uploadCommand(name: string, bytes: number): string {
  const path = '"$HOME/.distcomp/$0"';
  const draft = '"$HOME/.distcomp/$0.$$"';
  const isWhole = `[ "$(wc -c <${draft})" -eq "$1" ]`;
  const keep = `${isWhole} && chmod 700 ${draft} && mv ${draft} ${path}`;
  const steps = `umask 077; mkdir -p "$HOME/.distcomp" && cat >${draft} && ${keep} || { rm -f ${draft}; exit 1; }`;
  return `sh -c '${steps}' ${name} ${bytes}`;
}
