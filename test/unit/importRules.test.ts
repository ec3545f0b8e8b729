import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..', '..');
const biome = join(project, 'node_modules', '.bin', 'biome');

/** What each room may import: the arrows of docs/architecture.md. */
const arrows: Record<string, string[]> = {
  tasks: [],
  config: [],
  host: [],
  queue: ['tasks'],
  worker: ['queue', 'tasks', 'config', 'host'],
  cluster: ['queue', 'config', 'host'],
  cli: ['cluster', 'queue', 'tasks', 'config', 'host'],
  extension: ['cluster', 'queue', 'tasks', 'config', 'host', 'protocol'],
};
const rooms = Object.keys(arrows);

interface Case {
  /** Where the import stands. */
  file: string;
  from: string;
  allowed: boolean;
}

const betweenRooms = rooms.flatMap(room =>
  [...rooms, 'protocol']
    .filter(other => other !== room)
    .flatMap(other => {
      const allowed = arrows[room]?.includes(other) ?? false;
      const from = other === 'protocol' ? `../${other}` : `../${other}/${other}`;
      return [
        { file: `src/${room}/to-${other}.ts`, from, allowed },
        { file: `src/${room}/inner/to-${other}.ts`, from: `../${from}`, allowed },
      ];
    }),
);
const others: Case[] = [
  ...rooms.map(room => ({
    file: `src/${room}/vscode.ts`,
    from: 'vscode',
    allowed: room === 'extension',
  })),
  { file: 'test/e2e/vscode.ts', from: 'vscode', allowed: false },
  { file: 'test/vscode/suite/vscode.ts', from: 'vscode', allowed: true },
  ...['tasks', 'config'].flatMap(room => [
    { file: `src/${room}/fs.ts`, from: 'node:fs', allowed: false },
    { file: `src/${room}/redis.ts`, from: 'ioredis', allowed: false },
    { file: `src/${room}/crypto.ts`, from: 'node:crypto', allowed: true },
  ]),
  { file: 'src/cli/webview.ts', from: '../../webview/page', allowed: false },
  { file: 'webview/protocol.ts', from: '../src/protocol', allowed: true },
  { file: 'webview/inner/protocol.ts', from: '../../src/protocol', allowed: true },
  { file: 'webview/queue.ts', from: '../src/queue/queue', allowed: false },
  { file: 'webview/fs.ts', from: 'node:fs', allowed: false },
];
const cases: Case[] = [...betweenRooms, ...others];
const folders = [...rooms.map(room => `src/${room}`), 'webview', 'test'];

describe('the import rules', () => {
  let folder: string;
  let refused: Set<string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distcomp-rules-'));
    await copyFile(join(project, 'biome.json'), join(folder, 'biome.json'));
    for (const { file, from } of cases) {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `export { thing } from '${from}';\n`);
    }
    refused = await filesRefused(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(folders)('hold in %s', name => {
    const inside = cases.filter(({ file }) => file.startsWith(`${name}/`));
    const found = inside.map(({ file, from }) => ({ file, from, allowed: !refused.has(file) }));
    expect(found).toEqual(inside);
  });
});

/** The files in which Biome finds a restricted import. */
function filesRefused(folder: string): Promise<Set<string>> {
  const args = ['lint', '--vcs-enabled=false', '--only=style/noRestrictedImports'];
  args.push('--reporter=json', '--max-diagnostics=none', '.');
  return new Promise((resolve, reject) => {
    // Its exit code is 1 when it finds something: that is what is asked for.
    execFile(biome, args, { cwd: folder, maxBuffer: 1 << 26 }, (_error, stdout, stderr) => {
      try {
        const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
        resolve(new Set(diagnostics.map(pathOf)));
      } catch (error) {
        reject(new Error(`biome said:\n${stdout}${stderr}`, { cause: error }));
      }
    });
  });
}

interface Diagnostic {
  location: { path: string | { file: string } };
}

const pathOf = ({ location: { path } }: Diagnostic) =>
  typeof path === 'string' ? path : path.file;
