import { contradictions, type Host } from './host';
import { namePlaces, type Place, parseJson } from './json';
import { URL_PARTS } from './redis';
import { type Config, ConfigError, loadConfig, type SettingKey } from './schema';
import { readSources } from './sources';

/** Something about a `conf.json`, with its place in it. */
export interface Remark extends Place {
  message: string;
}

/** What a `conf.json` says, for somebody who takes it over. */
export interface ConfFile {
  /** Of the settings in the file, complete and checked; the file's alone, no defaults. */
  settings: Partial<Config>;
  /** Names that are no settings, each as a sentence. */
  warnings: Remark[];
  /** Right in the file and wrong for workers on this machine, which has less memory. */
  unfit: { key: SettingKey; message: string }[];
}

/**
 * Reads a `conf.json` that may be meant for larger machines than this one.
 * @param where names the file in messages
 * @returns what it says, or all that is wrong with it
 */
export function readConfFile(
  text: string,
  where: string,
  host: Host,
): ConfFile | { problems: Remark[] } {
  const places = placesOf(text);
  const remark = (key: string | undefined, message: string): Remark => ({
    ...(places(key) ?? { line: 1, column: 1 }),
    message,
  });
  const conf = { text, where };
  try {
    const { config, warnings } = loadConfig({ conf }, { ...host, memoryGb: Infinity });
    const layers = readSources({ conf }).map(({ layer }) => layer);
    const given = new Map(layers.flatMap(layer => [...layer]));
    const unfit = contradictions(given, host).map(({ key, message }) => ({
      key: key as SettingKey,
      message,
    }));
    return {
      settings: settingsOf(config, new Set(given.keys()), loadConfig({}, host).config),
      warnings: warnings.map(message => remark(nameIn(message), message)),
      unfit,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems.map(({ key, message }) => remark(key, message)) };
  }
}

/** A place has the keys that `withPlace` gives it, however the file wrote it. */
function settingsOf(
  config: Config,
  given: ReadonlySet<SettingKey>,
  defaults: Config,
): Partial<Config> {
  const keys = Object.keys(config) as SettingKey[];
  const isTakenApart = given.has('redis_url') && config.redis_url === undefined;
  const isPart = (key: SettingKey) =>
    isTakenApart && URL_PARTS.has(key) && config[key] !== defaults[key];
  const wanted = (key: SettingKey) => given.has(key) || isPart(key);
  const entries = keys.filter(key => wanted(key) && config[key] !== undefined);
  return Object.fromEntries(entries.map(key => [key, config[key]]));
}

/** The place of a name, or of the fault of a text that is no JSON. */
function placesOf(text: string): (key: string | undefined) => Place | undefined {
  const parsed = parseJson(text.replace(/^\uFEFF/, ''));
  if ('fault' in parsed) return () => parsed.fault;
  const places = namePlaces(text);
  return key => (key === undefined ? undefined : places.get(key));
}

/** A warning begins with the file and the name in quotes. */
const nameIn = (warning: string) => /: "([^"]*)"/.exec(warning)?.[1];
