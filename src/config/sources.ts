import { parseJson } from './json';
import { nearest } from './nearest';
import { aboutSettings, type Config, configSchema, type SettingKey } from './settings';

/** Where settings come from; each one counts over those before it. */
export interface ConfigSources {
  /** The text of a `conf.json`; `where` names it in messages. */
  conf?: { text: string; where: string };
  /** Variables as `DISTCOMP_REDIS_HOST`; others are left alone. */
  environment?: Record<string, string | undefined>;
  /** Options of a command, settings of VS Code. */
  overrides?: { [Key in SettingKey]?: Config[Key] | undefined };
}

/** A value that someone gave, and how messages name it: `conf.json: redis_port`, `DISTCOMP_REDIS_PORT`. */
export interface Given {
  value: unknown;
  name: string;
}

export type Layer = Map<SettingKey, Given>;

export interface ConfigProblem {
  /** The setting; for a file that is no JSON its name. */
  key: string;
  /** A sentence that stands alone. */
  message: string;
}

/** What one source gave. */
interface Reading {
  layer: Layer;
  warnings: string[];
  problems: ConfigProblem[];
}

export const SETTING_KEYS = Object.keys(configSchema.shape) as SettingKey[];

/** Names that the conf.json of some other program might well have. */
const COMMON_KEYS: readonly SettingKey[] = ['queue', 'lanes'];

/** Whether the text of a `conf.json`, right or wrong, is meant for DistComp. */
export function isConfOfOurs(text: string): boolean {
  const ours = SETTING_KEYS.filter(key => !COMMON_KEYS.includes(key));
  return ours.some(key => text.includes(`"${key}"`));
}

const VARIABLE_PREFIX = 'DISTCOMP_';

/** A worker sets these for its tasks, and a task may call `distcomp`. */
const TASK_VARIABLES = ['DISTCOMP_TASK_ID', 'DISTCOMP_WORKER', 'DISTCOMP_ATTEMPT'];

export function variableFor(key: SettingKey): string {
  return VARIABLE_PREFIX + key.toUpperCase();
}

/** The sources in order, the strongest last. */
export function readSources(sources: ConfigSources): Reading[] {
  return [
    readConf(sources.conf),
    readEnvironment(sources.environment ?? {}),
    readOverrides(sources.overrides ?? {}),
  ];
}

function readConf(conf: ConfigSources['conf']): Reading {
  const reading: Reading = { layer: new Map(), warnings: [], problems: [] };
  if (!conf) return reading;
  const { where } = conf;
  const parsed = parseJson(conf.text.replace(/^\uFEFF/, ''));
  if ('fault' in parsed) {
    const { line, column, message } = parsed.fault;
    const place = `${where}, line ${line}, column ${column}`;
    reading.problems.push({ key: where, message: `${place}: ${message}` });
    return reading;
  }
  if (!isObject(parsed.value)) {
    const message = `${where}: expected settings between { and }, found ${shown(parsed.value)}`;
    reading.problems.push({ key: where, message });
    return reading;
  }
  for (const [key, value] of Object.entries(parsed.value)) {
    if (!isSettingKey(key)) reading.warnings.push(unknownKey(where, key));
    else give(reading.layer, key, value, `${where}: ${key}`);
  }
  return reading;
}

function readEnvironment(environment: Record<string, string | undefined>): Reading {
  const reading: Reading = { layer: new Map(), warnings: [], problems: [] };
  for (const key of SETTING_KEYS) {
    const text = environment[variableFor(key)];
    const about = aboutSettings.get(configSchema.shape[key]);
    if (text !== undefined) give(reading.layer, key, about?.read(text), variableFor(key));
  }
  const variables = SETTING_KEYS.map(variableFor);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(VARIABLE_PREFIX) || TASK_VARIABLES.includes(name)) continue;
    // The environment is everybody's: only what looks like a slip is worth a word.
    const meant = variables.includes(name) ? undefined : nearest(name, variables);
    if (meant)
      reading.warnings.push(`${name} is not a setting and was ignored. Did you mean ${meant}?`);
  }
  return reading;
}

function readOverrides(overrides: NonNullable<ConfigSources['overrides']>): Reading {
  const layer: Layer = new Map();
  for (const key of SETTING_KEYS) give(layer, key, overrides[key], key);
  return { layer, warnings: [], problems: [] };
}

/** Nothing, null and an empty text are as if the key were not there. */
function give(layer: Layer, key: SettingKey, value: unknown, name: string): void {
  if (value !== undefined && value !== null && value !== '') layer.set(key, { value, name });
}

function unknownKey(where: string, key: string): string {
  const meant = nearest(key, SETTING_KEYS);
  const remedy = meant ? `Did you mean ${meant}?` : 'Remove it, or see the list of settings';
  return `${where}: ${shown(key)} is not a setting and was ignored. ${remedy}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(configSchema.shape, key);
}

/** What a terminal could act on instead of showing it. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** A found value, short and on one line. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  const short = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  return JSON.stringify(short.replace(INVISIBLE, '\uFFFD'));
}
