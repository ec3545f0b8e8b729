/** Settings of one command: its options over the environment, over conf.json, over the defaults. */
import { readFile } from 'node:fs/promises';
import { type Config, type ConfigSources, loadConfig } from '../config/schema';
import { SETTING_KEYS } from '../config/sources';
import { cores } from '../host/cores';
import { memory } from '../host/memory';
import { type RedisAddress, redisAddress } from '../queue/connection';
import { say } from './console';
import { fileFault, UsageError } from './exit';

/** Options that every command takes, before its name or after it. */
export interface GlobalOptions {
  config?: string;
  redis?: string;
  queue?: string;
  json?: true;
}

export interface Settings {
  config: Config;
  /** Undefined: no Redis is configured. */
  address: RedisAddress | undefined;
}

const CONF = 'conf.json';
/** Names that the conf.json of some other program might well have. */
const COMMON_KEYS = ['queue', 'lanes'];

/** Says warnings on standard error. Throws ConfigError with all problems, or UsageError. */
export async function loadSettings(
  options: GlobalOptions,
  overrides: NonNullable<ConfigSources['overrides']> = {},
): Promise<Settings> {
  const conf = await readConf(options);
  const { totalGb } = await memory();
  const { config, warnings } = loadConfig(
    {
      ...(conf ? { conf } : {}),
      environment: process.env,
      overrides: { redis_url: options.redis, queue: options.queue, ...overrides },
    },
    { memoryGb: totalGb, cores: cores() },
  );
  for (const warning of warnings) say(warning);
  return { config, address: redisAddress(config) };
}

/** The file that `--config` names, else the working directory's own if it is one of ours. */
export async function confPath({ config }: GlobalOptions): Promise<string | undefined> {
  if (config !== undefined) return config;
  const text = await readFile(CONF, 'utf8').catch(() => '');
  const ours = SETTING_KEYS.filter(key => !COMMON_KEYS.includes(key));
  if (!ours.some(key => text.includes(`"${key}"`))) return undefined;
  say(`Using ${CONF} of this folder.`);
  return CONF;
}

async function readConf(options: GlobalOptions): Promise<ConfigSources['conf']> {
  const where = await confPath(options);
  if (where === undefined) return undefined;
  try {
    return { text: await readFile(where, 'utf8'), where };
  } catch (error) {
    throw new UsageError(`Cannot read ${where}: ${fileFault(error)}.`);
  }
}
