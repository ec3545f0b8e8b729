/**
 * One schema serves `conf.json`, the environment, and what commands and VS Code override.
 *
 * This folder is pure: it is given texts and values, and gives back a complete `Config` or all that is
 * wrong with them. `settings.ts` has every setting; `docs/configuration.md` is made from it.
 */
import type * as z from 'zod/mini';
import { contradictions, derivedDefaults, type Host } from './host';
import { ambiguousPlace, incompletePlace, withoutOtherPlaces, withPlace } from './redis';
import { aboutSettings, type Config, configSchema, type SettingKey } from './settings';
import {
  type ConfigProblem,
  type ConfigSources,
  type Given,
  isSettingKey,
  type Layer,
  readSources,
  shown,
} from './sources';

export type { Host } from './host';
export type { Config, SettingKey } from './settings';
export type { ConfigProblem, ConfigSources } from './sources';

/** All that is wrong with a configuration; the message has one line a problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: ConfigProblem[]) {
    super(problems.map(problem => problem.message).join('\n'));
  }
}

/**
 * Merges the sources, the strongest last, fills in the defaults and checks everything.
 * @param host the machine that will run tasks by it
 * @returns the configuration; what of it was given, by its names in `conf.json`; and a warning for
 * each name that is no setting
 * @throws ConfigError with all problems at once
 */
export function loadConfig(
  sources: ConfigSources,
  host: Host,
): { config: Config; given: Record<string, unknown>; warnings: string[] } {
  const readings = readSources(sources);
  const layers = readings.map(reading => reading.layer);
  const given = layers.reduce(
    (merged, layer) => new Map([...withoutOtherPlaces(merged, layer), ...layer]),
  );
  const values = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const parsed = configSchema.safeParse({ ...derivedDefaults(given, host), ...values });
  const problems = [
    ...readings.flatMap(reading => reading.problems),
    ...layers.flatMap(ambiguousPlace),
    ...(parsed.success ? [] : valueProblems(parsed.error.issues, given)),
    ...incompletePlace(given),
    ...contradictions(given, host),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const warnings = readings.flatMap(reading => reading.warnings);
  return { config: withPlace(parsed.data), given: values, warnings };
}

/** One problem a setting, however many checks its value failed. zod's own messages lack the remedy. */
function valueProblems(issues: z.core.$ZodIssue[], given: Layer): ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>();
  for (const issue of issues) {
    const key = String(issue.path[0]);
    if (!isSettingKey(key) || problems.has(key)) continue;
    const message = valueProblem(key, issue, given.get(key) ?? { value: undefined, name: key });
    problems.set(key, { key, message });
  }
  return [...problems.values()];
}

function valueProblem(key: SettingKey, issue: z.core.$ZodIssue, { value, name }: Given): string {
  const about = aboutSettings.get(configSchema.shape[key]);
  const found = about?.secret ? '' : `, found ${shown(value)}`;
  const remedy: string | undefined =
    issue.code === 'custom' ? issue.params?.remedy : withoutQuotes(about?.read, value);
  return `${name} must be ${about?.expected}${found}${remedy ? `. ${remedy}` : ''}`;
}

/**
 * What is wrong with the text that somebody writes for one setting, with what would be right; undefined
 * when nothing is.
 * @param name how to call the setting at the beginning of a sentence
 */
export function settingFault(key: SettingKey, text: string, name: string): string | undefined {
  const value = settingValue(key, text);
  const [issue] = configSchema.shape[key].safeParse(value).error?.issues ?? [];
  return issue && valueProblem(key, issue, { value, name });
}

/** What somebody writes for one setting, as a conf.json would have it; text where it can be read as nothing else. */
export function settingValue(key: SettingKey, text: string): unknown {
  return aboutSettings.get(configSchema.shape[key])?.read(text);
}

/** A number, a flag or a list in quotes, as people write it who come from the environment. */
function withoutQuotes(read: ((text: string) => unknown) | undefined, value: unknown): string {
  const meant = typeof value === 'string' ? read?.(value) : undefined;
  if (Array.isArray(meant)) return 'Write it as a list';
  return meant === undefined || typeof meant === 'string' ? '' : `Write ${meant} without quotes`;
}
