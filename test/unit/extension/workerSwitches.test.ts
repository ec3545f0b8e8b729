import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/schema';
import { WORKER_SWITCHES, workerSwitches } from '../../../src/extension/workerSwitches';

interface Manifest {
  contributes: { configuration: { properties: Record<string, { default: unknown }> } };
}

const manifest: Manifest = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);
const declared = manifest.contributes.configuration.properties;
const { config } = loadConfig({}, { memoryGb: 16, cores: 4 });

describe('the switches of workers in VS Code', () => {
  it('are declared with the defaults that conf.json has', () => {
    for (const [setting, key] of Object.entries(WORKER_SWITCHES)) {
      expect(declared[`distcomp.workers.${setting}`]?.default, setting).toBe(config[key]);
    }
    const names = Object.keys(declared).filter(name => name.startsWith('distcomp.workers.'));
    expect(names).toHaveLength(Object.keys(WORKER_SWITCHES).length);
  });

  it('become keys of conf.json with the values that are set', () => {
    const values: Record<string, unknown> = { 'workers.pipeline': false, 'workers.prefetch': 2 };
    expect(workerSwitches({ get: (name: string) => values[name] })).toMatchObject({
      pipeline: false,
      prefetch: 2,
    });
  });
});
