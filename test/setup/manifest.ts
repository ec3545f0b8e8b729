/** What package.json declares, as far as tests speak of it, and the sources that must agree with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..', '..');

export interface MenuItem {
  command?: string;
  submenu?: string;
  when?: string;
  group?: string;
}

interface Command {
  command: string;
  title: string;
  category: string;
  icon?: string | Record<string, string>;
  enablement?: string;
}

interface Manifest {
  extensionKind: string[];
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: Command[];
    menus: Record<string, MenuItem[]>;
    keybindings?: { command: string; when?: string }[];
    viewsWelcome: { view: string; contents: string; when?: string }[];
    views: Record<string, { id: string; when?: string }[]>;
    configuration: { properties: Record<string, Record<string, unknown>> };
  };
}

export const read = (path: string) => readFileSync(join(project, path), 'utf8');
export const manifest: Manifest = JSON.parse(read('package.json'));
export const texts: Record<string, string> = JSON.parse(read('package.nls.json'));

/** The texts of all TypeScript files under a folder, by path. */
export function sources(folder: string): Map<string, string> {
  const names = readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter(name => name.endsWith('.ts')).map(name => join(folder, name));
  return new Map(paths.sort().map(path => [path, read(path)]));
}
