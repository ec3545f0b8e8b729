/** What of a `conf.json` VS Code has settings for. */
import { writeServersUrl } from '../../config/redisUrl';
import type { Config, SettingKey } from '../../config/schema';
import { WORKER_SETTINGS } from '../cluster/workerSettings';
import { readAddress, type WrittenAddress, writeAddress } from './address';

export interface Takeover {
  /** With the password that stands in the file. */
  connection: WrittenAddress | undefined;
  queue: string | undefined;
  /** Of workers that the local cluster starts. */
  others: { setting: string; key: SettingKey; value: unknown }[];
}

/** The other keys of workers, which have settings of the local cluster. */
const LOCAL_SETTINGS = {
  'local.lanes': 'max_task_per_worker',
  'local.resultFolder': 'result_dir',
} as const satisfies Record<string, SettingKey>;

const KEY_OF: readonly (readonly [string, SettingKey])[] = [
  ...Object.entries(LOCAL_SETTINGS),
  ...Object.entries(WORKER_SETTINGS).map(([name, key]) => [`workers.${name}`, key] as const),
];

export function takeoverOf(settings: Partial<Config>): Takeover {
  const others = KEY_OF.filter(([, key]) => settings[key] !== undefined).map(([setting, key]) => ({
    setting,
    key,
    value: settings[key],
  }));
  return { connection: connectionOf(settings), queue: settings.queue, others };
}

function connectionOf(settings: Partial<Config>): WrittenAddress | undefined {
  const { redis_url, redis_socket, redis_host, redis_user, redis_pass } = settings;
  const servers = serversOf(settings);
  if (!redis_url && !redis_socket && !redis_host && !servers) return undefined;
  const text =
    redis_url ??
    servers ??
    writeAddress({
      socket: redis_socket,
      host: redis_host,
      port: settings.redis_port,
      tls: settings.redis_tls,
      user: redis_user,
      database: settings.redis_db,
    });
  const written = readAddress(text);
  return (
    written && {
      ...written,
      password: redis_pass ?? written.password,
      sentinelPassword: settings.redis_sentinel_pass,
    }
  );
}

function serversOf(settings: Partial<Config>): string | undefined {
  const { redis_sentinels, redis_cluster, redis_tls: tls = false, redis_user: user } = settings;
  const rest = { tls, user, name: undefined, database: undefined };
  if (redis_sentinels) {
    const { redis_sentinel_name: name, redis_db: database } = settings;
    return writeServersUrl({ ...rest, kind: 'sentinel', nodes: redis_sentinels, name, database });
  }
  return Array.isArray(redis_cluster)
    ? writeServersUrl({ ...rest, kind: 'cluster', nodes: redis_cluster })
    : undefined;
}
