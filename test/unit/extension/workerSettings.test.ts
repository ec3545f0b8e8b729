import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, loadConfig, type SettingKey } from '../../../src/config/schema';
import { SETTING_KEYS } from '../../../src/config/sources';
import { WORKER_SETTINGS, workerSettings } from '../../../src/extension/cluster/workerSettings';

interface Property {
  type: string | string[];
  default: unknown;
  minimum?: number;
  maximum?: number;
  enum?: string[];
  scope: string;
}

const manifest: {
  contributes: { configuration: { properties: Record<string, Property> } };
} = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
const declared = manifest.contributes.configuration.properties;
const HOST = { memoryGb: 2_000_000, cores: 4 };
const { config } = loadConfig({}, HOST);
const each = Object.entries(WORKER_SETTINGS);
const property = (setting: string): Property => {
  const found = declared[`distcomp.workers.${setting}`];
  if (!found) throw new Error(`distcomp.workers.${setting} is not declared`);
  return found;
};

/** Whether `conf.json` may say so. */
function accepts(key: SettingKey, value: unknown): boolean {
  try {
    // The shortest heartbeat, so that a worker may be lost after a second.
    const overrides = { health_report_interval: 0.1, [key]: value } as Partial<Config>;
    loadConfig({ overrides }, HOST);
    return true;
  } catch (error) {
    if (error instanceof ConfigError && error.problems.some(problem => problem.key === key)) {
      return false;
    }
    throw error;
  }
}

describe('the settings of workers in VS Code', () => {
  it('are all that conf.json has, apart from those with a place of their own', () => {
    const elsewhere = SETTING_KEYS.filter(
      key => !Object.values<string>(WORKER_SETTINGS).includes(key),
    );
    expect(elsewhere).toEqual([
      ...SETTING_KEYS.filter(key => key.startsWith('redis_')),
      'queue',
      'max_task_per_worker',
      'result_dir',
    ]);
    const names = Object.keys(declared).filter(name => name.startsWith('distcomp.workers.'));
    expect(names.sort()).toEqual(each.map(([setting]) => `distcomp.workers.${setting}`).sort());
  });

  it.each(each)('%s has the default and the scope of %s', (setting, key) => {
    const { default: byDefault, type, scope } = property(setting);
    if (Array.isArray(type)) expect([type[1], byDefault]).toEqual(['null', null]);
    else expect(byDefault).toBe(config[key]);
    expect(scope).toBe('machine-overridable');
  });

  it.each(each)('%s has the bounds of %s', (setting, key) => {
    const { minimum, maximum, enum: words, type } = property(setting);
    if (type === 'boolean') return expect(accepts(key, 'yes')).toBe(false);
    if (words) {
      expect(words.map(word => accepts(key, word))).toEqual(words.map(() => true));
      return expect(accepts(key, 'some')).toBe(false);
    }
    if (minimum === undefined || maximum === undefined) throw new Error(`${setting} has no bounds`);
    const bounds = [minimum, maximum, minimum - 0.01, maximum + 1];
    expect(bounds.map(value => accepts(key, value))).toEqual([true, true, false, false]);
  });

  it('become keys of conf.json with the values that are set, and none for what is null', () => {
    const values: Record<string, unknown> = {
      'workers.pipeline': false,
      'workers.prefetch': 2,
      'workers.minFreeMemory': null,
    };
    const made = workerSettings(name => values[name]);
    expect(made).toMatchObject({ pipeline: false, prefetch: 2 });
    expect(JSON.parse(JSON.stringify(made))).toEqual({ pipeline: false, prefetch: 2 });
  });
});
