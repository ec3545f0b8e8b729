import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configurationReference } from '../../../src/config/reference';
import { aboutSettings, configSchema, SETTING_GROUPS } from '../../../src/config/settings';

const PAGE = fileURLToPath(new URL('../../../docs/configuration.md', import.meta.url));
const GENERATED = /(?<=<!-- settings -->\n)[\s\S]*(?=<!-- end of settings -->)/;

describe('docs/configuration.md', () => {
  it('has the tables of the schema; -u writes them', async () => {
    const page = await readFile(PAGE, 'utf8');
    expect(page).toMatch(GENERATED);
    const current = page.replace(GENERATED, () => `\n${configurationReference()}\n`);
    await expect(current).toMatchFileSnapshot(PAGE);
  });

  it('shows every setting once, with a description, values and a default', () => {
    const shown = SETTING_GROUPS.flatMap(group => Object.keys(group.settings));
    expect(shown.toSorted()).toEqual(Object.keys(configSchema.shape).toSorted());
    for (const schema of Object.values(configSchema.shape)) {
      const about = aboutSettings.get(schema);
      expect(about?.description).toMatch(/^[A-Z].*\.$/);
      expect(about?.expected).toBeTruthy();
      expect(about?.byDefault).toBeTruthy();
    }
  });
});
