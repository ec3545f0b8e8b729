import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Config, SettingKey } from '../config/schema';
import { STARTUP_SETTINGS } from '../config/settings';

/** A configuration as read from all its sources. */
export interface ReadConfig {
  config: Config;
  warnings: readonly string[];
}

/**
 * The configuration of a worker while it runs. It is read again when its file changed; a file that is
 * wrong, or half written, changes nothing and is said once.
 */
export class LiveConfig {
  #current: Config;
  #seen: string;
  #said = '';
  readonly #listeners: (() => void)[] = [];

  private constructor(
    private readonly path: string | undefined,
    private readonly read: () => Promise<ReadConfig>,
    private readonly log: (line: string) => void,
    first: Config,
    seen: string,
  ) {
    this.#current = first;
    this.#seen = seen;
  }

  /**
   * @param path of `conf.json`; undefined when there is none, and nothing ever changes
   * @throws what `read` throws for the first configuration
   */
  static async open(
    path: string | undefined,
    read: () => Promise<ReadConfig>,
    log: (line: string) => void,
  ): Promise<LiveConfig> {
    // Before reading: what is written meanwhile is read again.
    const seen = await versionOf(path);
    const { config, warnings } = await read();
    for (const warning of warnings) log(warning);
    return new LiveConfig(path, read, log, config, seen);
  }

  get current(): Config {
    return this.#current;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the file again if it changed. */
  async refresh(): Promise<void> {
    if (this.path === undefined) return;
    const version = await versionOf(this.path);
    if (version === this.#seen) return;
    try {
      const { config, warnings } = await this.read();
      this.#take(config, warnings);
      this.#said = '';
    } catch (error) {
      this.#sayOnce(`${this.path} changed and is not used: ${(error as Error).message}`);
    }
    this.#seen = version;
  }

  #take(config: Config, warnings: readonly string[]): void {
    for (const warning of warnings) this.log(warning);
    const kept: Partial<Record<SettingKey, unknown>> = {};
    const changed: string[] = [];
    for (const key of Object.keys(config) as SettingKey[]) {
      if (isDeepStrictEqual(config[key], this.#current[key])) continue;
      changed.push(key);
      if (STARTUP_SETTINGS.has(key)) kept[key] = this.#current[key];
    }
    this.#current = { ...config, ...kept } as Config;
    const later = Object.keys(kept);
    if (later.length > 0) this.log(`Counts from this worker's next start: ${later.join(', ')}.`);
    const now = changed.filter(key => !later.includes(key));
    if (now.length > 0) this.log(`The configuration changed: ${now.join(', ')}.`);
    for (const listener of this.#listeners) listener();
  }

  #sayOnce(text: string): void {
    if (text !== this.#said) this.log(text);
    this.#said = text;
  }
}

/** Changes with the file: rewritten in place or replaced. */
async function versionOf(path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  const found = await stat(path).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'absent';
}
