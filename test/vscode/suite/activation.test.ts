import * as assert from 'node:assert/strict';
import { commands, extensions } from 'vscode';

interface DeclaredCommand {
  command: string;
  title: string;
  category: string;
}

describe('the extension', () => {
  it('activates', async () => {
    const extension = extensions.getExtension('distcomp.distcomp');
    assert.ok(extension, 'distcomp.distcomp is not among the extensions');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers exactly the commands that it declares, each with a title', async () => {
    const manifest = extensions.getExtension('distcomp.distcomp')?.packageJSON;
    const declared: DeclaredCommand[] = manifest.contributes.commands;
    const all = await commands.getCommands(true);
    const views: string[] = Object.values<{ id: string }[]>(manifest.contributes.views)
      .flat()
      .map(view => view.id);
    // VS Code makes commands of its own for a view, as `distcomp.queues.focus`.
    const ours = all.filter(
      id => id.startsWith('distcomp.') && !views.some(view => id.startsWith(`${view}.`)),
    );
    assert.deepEqual(ours.sort(), declared.map(({ command }) => command).sort());
    for (const { title, category } of declared) {
      assert.equal(category, 'DistComp');
      assert.match(title, /^[A-Z]/);
    }
  });
});
