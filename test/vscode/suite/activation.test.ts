import * as assert from 'node:assert/strict';
import { extensions } from 'vscode';

describe('the extension', () => {
  it('activates', async () => {
    const extension = extensions.getExtension('distcomp.distcomp');
    assert.ok(extension, 'distcomp.distcomp is not among the extensions');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
