/**
 * A configuration for `-F` that says first how keys are checked, and then what the user's says. Options of `-o` count
 * for the host alone: the `ssh` to a jump host is given nothing but that file.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makePrivate, nameFor, ownFolder, spareFolder } from './privateFolder';

/** `yes`: a key that is not known is refused. `ask`: a person at a terminal is asked. */
export type KeyChecking = 'yes' | 'ask';

/**
 * Where it is, written anew when the user's has changed.
 *
 * @param configFile a configuration instead of the user's and the system's
 * @throws Error when there is no private folder for it
 */
export async function checkingConfig(checking: KeyChecking, configFile?: string): Promise<string> {
  const rest = configFile === undefined ? INCLUDED : await readFile(configFile, 'utf8').catch(none);
  // That says `ssh` itself, in its words.
  if (rest === undefined) return configFile ?? '';
  const name = `config-${nameFor([checking, configFile === undefined ? '' : resolve(configFile)])}`;
  const text = `StrictHostKeyChecking ${checking}\n${rest}`;
  // A home may be full, or read alone, and hosts be reached all the same.
  return keep(ownFolder(), name, text).catch(() => keep(spareFolder(), name, text));
}

/** Whole at any moment: others may use it while it is written anew. */
async function keep(folder: string, name: string, text: string): Promise<string> {
  await makePrivate(folder);
  const path = join(folder, name);
  if ((await readFile(path, 'utf8').catch(none)) === text) return path;
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
  return path;
}

const none = () => undefined;

/** With `-F` neither is read by itself. One that is missing is no error. */
const SYSTEM =
  process.platform === 'win32'
    ? `${(process.env.PROGRAMDATA ?? 'C:/ProgramData').replaceAll('\\', '/')}/ssh/ssh_config`
    : '/etc/ssh/ssh_config';
const INCLUDED = `Include ~/.ssh/config\nInclude "${SYSTEM}"\n`;
