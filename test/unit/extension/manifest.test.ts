import { describe, expect, it } from 'vitest';
import { CHANGING, WATCHING } from '../../setup/commandKinds';
import { type MenuItem, manifest, read, sources, texts } from '../../setup/manifest';

const { commands, menus, configuration, viewsWelcome, views } = manifest.contributes;
const code = [...sources('src/extension').values()].join('\n');
const docs = read('docs/vscode.md');
const titleOf = (title: string) => texts[title.replaceAll('%', '')] ?? '';
const items: [string, MenuItem][] = Object.entries(menus).flatMap(([menu, entries]) =>
  entries.map((item): [string, MenuItem] => [menu, item]),
);
const hidden = items.filter(([menu, { when }]) => menu === 'commandPalette' && when === 'false');
const inPalette = commands.filter(
  ({ command }) => !hidden.some(([, item]) => item.command === command),
);

describe('each contributed command', () => {
  it.each(commands)('$command has a title from package.nls.json and the category', each => {
    expect(each.title).toMatch(/^%[\w.]+%$/);
    expect(titleOf(each.title)).toMatch(/^[A-Z]/);
    expect(each.category).toBe('DistComp');
  });

  it('is of one file in src/extension/commands', () => {
    const registered = [...code.matchAll(/^ {2}'(distcomp\.\w+)': async \(\) =>/gm)];
    const names = registered.map(([, name]) => name);
    expect(names.toSorted()).toEqual(commands.map(({ command }) => command).toSorted());
  });

  it('is said to change something or not, so that the test of untrusted windows knows it', () => {
    const known = [...CHANGING, ...WATCHING];
    expect(known.toSorted()).toEqual(commands.map(({ command }) => command).toSorted());
  });

  it.each(CHANGING)('%s is offered in trusted windows only', name => {
    const command = commands.find(each => each.command === name);
    expect(command?.enablement?.split(' && ')).toContain('isWorkspaceTrusted');
  });

  it.each(inPalette)('$command is documented by its title', ({ title }) => {
    expect(docs.includes(`**${titleOf(title)}**`)).toBe(true);
  });

  const shownAsIcons = items.filter(([, { group }]) => /^(inline|navigation)\b/.test(group ?? ''));
  it.each(shownAsIcons)('in %s has an icon where only an icon is shown: $command', (_, item) => {
    if (item.submenu !== undefined) return;
    expect(commands.find(({ command }) => command === item.command)?.icon).toBeTruthy();
  });

  it('in a menu is a command that there is', () => {
    const known = new Set(commands.map(({ command }) => command));
    const named = items.flatMap(([, { command }]) => command ?? []);
    expect(named.filter(command => !known.has(command))).toEqual([]);
  });
});

describe('texts of package.json', () => {
  const used = new Set([...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));

  it('are all in package.nls.json, which has no others', () => {
    expect([...used].toSorted()).toEqual(Object.keys(texts).toSorted());
  });

  it('link to commands that there are', () => {
    const known = new Set(commands.map(({ command }) => command));
    for (const [key, text] of Object.entries(texts)) {
      for (const [, command = ''] of text.matchAll(/\(command:(distcomp\.\w+)/g)) {
        expect([key, known.has(command)]).toEqual([key, true]);
      }
    }
  });
});

/** Keys of VS Code itself that our clauses use. */
const OF_VSCODE = [
  'activeWebviewPanelId',
  'editorHasSelection',
  'editorLangId',
  'editorTextFocus',
  'explorerResourceIsFolder',
  'focusedView',
  'isInDiffEditor',
  'isWorkspaceTrusted',
  'listDoubleSelection',
  'listMultiSelection',
  'resourceExtname',
  'resourceFilename',
  'resourceLangId',
  'resourceScheme',
  'view',
  'viewItem',
];

describe('when-clauses', () => {
  const clauses = [
    ...items.map(([, { when }]) => when),
    ...commands.map(({ enablement }) => enablement),
    ...viewsWelcome.map(({ when }) => when),
    ...Object.values(views)
      .flat()
      .map(({ when }) => when),
    ...(manifest.contributes.keybindings ?? []).map(({ when }) => when),
  ].flatMap(when => (when === undefined || when === 'false' ? [] : [when]));

  it.each([...new Set(clauses)])('%s: uses keys that somebody sets', clause => {
    const ours = new Set([...code.matchAll(/'(distcomp\.\w+)'/g)].map(([, key]) => key));
    const bare = clause.replace(/=~ \/(?:[^/\\]|\\.)*\/\w*/g, '').replace(/[!=]=\s*[^\s&|)]+/g, '');
    const keys = bare.match(/[\w.]+/g) ?? [];
    const unknown = keys.filter(key => !OF_VSCODE.includes(key) && !ours.has(key));
    expect(keys).not.toEqual([]);
    expect(unknown).toEqual([]);
  });

  it('name views and states that there are', () => {
    const ids = Object.values(views)
      .flat()
      .map(({ id }) => id);
    for (const clause of clauses) {
      for (const [, id = ''] of clause.matchAll(/\bview == ([\w.]+)/g)) expect(ids).toContain(id);
    }
  });

  it('ask for nothing that the code sets in vain', () => {
    const text = read('src/extension/contextKeys.ts');
    const set = [...text.matchAll(/'(distcomp\.\w+)': /g)].map(([, key = '']) => key);
    expect(set).toContain('distcomp.connected');
    expect(set.filter(key => !clauses.some(clause => clause.includes(key)))).toEqual([]);
  });

  it('of empty views offer what changes something in trusted windows only', () => {
    const changing = viewsWelcome.filter(({ contents }) =>
      CHANGING.some(command => titleOf(contents).includes(`(command:${command})`)),
    );
    expect(changing.length).toBeGreaterThan(4);
    for (const { when = '', contents } of changing) {
      expect([contents, when.split(' && ')]).toEqual([
        contents,
        expect.arrayContaining(['isWorkspaceTrusted']),
      ]);
    }
  });

  it('offer one command on a plain text, which may be a task file, and others on task files alone', () => {
    const offered = (menus['explorer/context'] ?? []).filter(({ when = '' }) =>
      when.includes('plaintext'),
    );
    expect(offered.map(({ command }) => command)).toEqual(['distcomp.submitTasks']);
  });

  const patterns = clauses.flatMap(
    when => /viewItem =~ \/((?:[^/\\]|\\.)*)\//.exec(when)?.[1] ?? [],
  );
  it.each([...new Set(patterns)])(
    '/%s/ is anchored and made of words that the code makes',
    pattern => {
      // One that is open at the end ends with a whole word: `^task `, `^task\b`.
      expect(pattern).toMatch(/^\^.*(\$| |\\b)\)*$/);
      const words = pattern.replace(/\\[a-z]/g, ' ').match(/[a-z_]{2,}/g) ?? [];
      const made = new Set(
        [...sources('src/extension').values(), read('src/queue/states.ts')]
          .flatMap(text => [...text.matchAll(/['`]([^'`\n]*)['`]/g)])
          .flatMap(([, text = '']) => text.match(/[a-z_]{2,}/g) ?? []),
      );
      expect(words).not.toEqual([]);
      expect(words.filter(word => !made.has(word))).toEqual([]);
    },
  );
});

/** Of no harm, whoever set them: a folder that is not trusted may. */
const HARMLESS = ['distcomp.refresh.perSecond'];

describe('each setting', () => {
  const names = Object.keys(configuration.properties);

  it.each(names)('%s is described, and documented', name => {
    const { description, markdownDescription } = configuration.properties[name] ?? {};
    expect(titleOf(String(description ?? markdownDescription))).toMatch(/^[A-Z].*\.$/s);
    expect(docs.includes(`\`${name}\``)).toBe(true);
  });

  it.each(names)('%s is read by something', name => {
    const key = name.replace(/^distcomp\./, '');
    const ofWorkers = /^workers\.(\w+)$/.exec(key)?.[1];
    const table = read('src/extension/cluster/workerSettings.ts');
    const isRead = ofWorkers ? table.includes(` ${ofWorkers}: '`) : code.includes(`'${key}'`);
    expect(isRead).toBe(true);
  });

  it('is ignored in an untrusted window where a folder sets it, unless it does no harm', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(supported).toBe('limited');
    const restricted = names.filter(name => !HARMLESS.includes(name));
    expect(restrictedConfigurations.toSorted()).toEqual(restricted.toSorted());
  });

  it.each([
    'distcomp.local.redisServer',
    'distcomp.ssh.hosts',
    'distcomp.ssh.configFile',
    'distcomp.ssh.tunnel',
  ])('%s, which says what runs or which hosts are reached, is of the machine alone', name => {
    expect(configuration.properties[name]?.scope).toBe('machine');
  });

  it('has a place of its own in the list', () => {
    const places = names.map(name => configuration.properties[name]?.order);
    expect(new Set(places).size).toBe(names.length);
  });
});

describe('the extension', () => {
  it('runs where the files are: on the server of a remote window', () => {
    expect(manifest.extensionKind).toEqual(['workspace']);
  });
});
