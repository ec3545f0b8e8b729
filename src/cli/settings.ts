/** Settings of one command: its options over the environment, over conf.json, over the defaults. */
import { readFile } from 'node:fs/promises';
import { type Config, type ConfigSources, type Host, loadConfig } from '../config/schema';
import { isConfOfOurs } from '../config/sources';
import { cores } from '../host/cores';
import { memory } from '../host/memory';
import { type RedisAddress, redisAddress } from '../queue/address';
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
  /** Content of a conf.json that says the same: for workers, whose defaults their hosts decide. */
  given: Record<string, unknown>;
}

const CONF = 'conf.json';

/** Settings for other machines than this one are not held against what this one has. */
export const ANY_HOST: Host = { memoryGb: Number.POSITIVE_INFINITY, cores: 1024 };

async function thisHost(): Promise<Host> {
  const { totalGb } = await memory();
  return { memoryGb: totalGb, cores: cores() };
}

/** Says warnings on standard error. Throws ConfigError with all problems, or UsageError. */
export async function loadSettings(
  options: GlobalOptions,
  overrides: NonNullable<ConfigSources['overrides']> = {},
  host?: Host,
): Promise<Settings> {
  const conf = await readConf(options);
  const { config, given, warnings } = loadConfig(
    {
      ...(conf ? { conf } : {}),
      environment: process.env,
      overrides: { redis_url: options.redis, queue: options.queue, ...overrides },
    },
    host ?? (await thisHost()),
  );
  for (const warning of warnings) say(warning);
  return { config, address: redisAddress(config), given };
}

/** The file that `--config` names, else the working directory's own if it is one of ours. */
export async function confPath({ config }: GlobalOptions): Promise<string | undefined> {
  if (config !== undefined) return config;
  const text = await readFile(CONF, 'utf8').catch(() => '');
  if (!isConfOfOurs(text)) return undefined;
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
