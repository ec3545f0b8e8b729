/** The hosts that an SSH configuration knows by name. All else in it is for `ssh` alone. */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** `ssh` goes as deep as that. */
const DEEPEST_INCLUDE = 16;

export const userSshConfig = () => join(homedir(), '.ssh', 'config');

/**
 * Names after `Host`, patterns and exclusions left out, each once and in order, those of included
 * files too. A file that cannot be read has none.
 */
export async function hostNames(path: string): Promise<string[]> {
  return [...new Set(await namesIn(path, dirname(path), 0))];
}

async function namesIn(path: string, folder: string, depth: number): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const names: string[] = [];
  for (const { keyword, values } of directives(text)) {
    if (keyword === 'host') names.push(...values.filter(isName));
    if (keyword !== 'include' || depth >= DEEPEST_INCLUDE) continue;
    for (const file of (await Promise.all(values.map(value => included(value, folder)))).flat()) {
      names.push(...(await namesIn(file, folder, depth + 1)));
    }
  }
  return names;
}

const isName = (value: string) => !/[*?!]/.test(value);

interface Directive {
  keyword: string;
  values: string[];
}

/** `Keyword value "a value"`, or `Keyword=value`. */
function directives(text: string): Directive[] {
  return text.split(/\r?\n/).flatMap(line => {
    const [, keyword, rest = ''] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
    if (keyword === undefined) return [];
    const words = rest.match(/"[^"]*"|#.*$|[^\s"]+/g) ?? [];
    const values = words
      .filter(word => !word.startsWith('#'))
      .map(word => word.replaceAll('"', ''));
    return [{ keyword: keyword.toLowerCase(), values }];
  });
}

/** The files of an `Include`: relative ones are beside the configuration that all began with. */
async function included(value: string, folder: string): Promise<string[]> {
  const home = value.replace(/^~(?=\/|$)/, homedir());
  const path = isAbsolute(home) ? home : join(folder, home);
  if (!/[*?]/.test(path)) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  const pattern = wildcard(basename(path));
  return names
    .filter(name => pattern.test(name))
    .sort()
    .map(name => join(dirname(path), name));
}

/** A name pattern as the shell has them. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^(?!\\.)${source}$`);
}
