import * as z from 'zod/mini';
import { flag, type Kind, matching, number, oneOf, text, whole } from './kinds';
import { cluster, hostName, redisUrl, sentinels, socketPath } from './redis';
import { DEFAULT_PRIMARY } from './redisUrl';

/** What the schema knows of a setting besides its type. */
export interface AboutSetting {
  expected: Kind<z.ZodMiniType>['expected'];
  read: Kind<z.ZodMiniType>['read'];
  /** The default in words, for the reference. */
  byDefault: string;
  /** For the reference: what it does, what 0 means, when one would change it. */
  description: string;
  /** Its value is never shown. */
  secret: boolean;
}

/** Keyed by the schemas of `configSchema.shape`. */
export const aboutSettings = z.registry<AboutSetting>();

interface Wording {
  description: string;
  byDefault: string;
  secret?: boolean;
}

function describe<S extends z.ZodMiniType>(
  schema: S,
  { expected, read }: Kind<z.ZodMiniType>,
  wording: Wording,
): S {
  aboutSettings.add(schema, { expected, read, secret: false, ...wording });
  return schema;
}

/** A setting with the same default everywhere. */
function fixed<S extends z.ZodMiniType>(
  kind: Kind<S>,
  value: z.core.util.NoUndefined<z.output<S>>,
  description: string,
): z.ZodMiniDefault<S> {
  const byDefault = `\`${JSON.stringify(value)}\``;
  return describe(z._default(kind.schema, value), kind, { description, byDefault });
}

/** A setting whose default `loadConfig` takes from the host or from other settings. */
function derived<S extends z.ZodMiniType>(
  kind: Kind<S>,
  byDefault: string,
  description: string,
): S {
  return describe(kind.schema, kind, { description, byDefault });
}

/** A setting that may be absent. */
function optional<S extends z.ZodMiniType>(
  kind: Kind<S>,
  description: string,
  { secret = false } = {},
): z.ZodMiniOptional<S> {
  return describe(z.optional(kind.schema), kind, { description, byDefault: 'none', secret });
}

/** About 23 days. One timer of Node waits at most 2,147,483 s; a longer one would fire at once. */
const LONGEST_WAIT = 2_000_000;
const DAY = 86_400;
const GIB = 1024 ** 3;

const redis = {
  redis_host: optional(
    hostName,
    'Where Redis runs. With neither this, `redis_socket`, `redis_url`, `redis_sentinels` nor `redis_cluster`, commands that can start a Redis of their own do so.',
  ),
  redis_port: fixed(whole(1, 65_535), 6379, 'The port at `redis_host`.'),
  redis_pass: optional(
    text('text in quotes'),
    'The password. In a file, keep that file readable by you alone (`chmod 600`).',
    { secret: true },
  ),
  redis_user: optional(
    text('text in quotes'),
    "The name of an ACL user; without it, `redis_pass` is the default user's.",
  ),
  redis_db: fixed(whole(0, 65_535), 0, 'The number of the database.'),
  redis_socket: optional(
    socketPath,
    'The path of a unix socket, instead of `redis_host` and `redis_port`.',
  ),
  redis_url: optional(
    redisUrl,
    'All of the above as one URL, instead of `redis_host` or `redis_socket`. Several servers: `redis+sentinel://HOST:PORT,HOST:PORT/NAME/DATABASE` or `redis+cluster://HOST:PORT,HOST:PORT`, with `rediss` for TLS.',
    { secret: true },
  ),
  redis_tls: fixed(
    flag(),
    false,
    'Use TLS, to the sentinels too. A URL says it by `rediss` instead.',
  ),
  redis_sentinels: optional(
    sentinels,
    'The sentinels that know which Redis is the primary, instead of `redis_host`. One that answers is enough. Port 26379 may be left out.',
  ),
  redis_sentinel_name: fixed(
    matching('1 to 100 letters, digits, _, . and -', /^[A-Za-z0-9_.-]+$/, 100),
    DEFAULT_PRIMARY,
    'The name by which the sentinels know the primary: the one after `sentinel monitor` in their configuration.',
  ),
  redis_sentinel_pass: optional(
    text('text in quotes'),
    'The password of the sentinels, if they have one; `redis_pass` is that of Redis itself.',
    { secret: true },
  ),
  redis_cluster: optional(
    cluster,
    'Some nodes of a Redis Cluster, instead of `redis_host`; or `true`, when `redis_host` or `redis_url` names one. One that answers is enough: it knows the others. `queue` must name a queue of yours, since `default` does not run on a Redis Cluster.',
  ),
  queue: fixed(
    matching('1 to 100 letters, digits, _, . and -', /^[A-Za-z0-9_.-]+$/, 100),
    'default',
    'The queue. `default` is the one that the original shares; any other name has keys of its own.',
  ),
};

const starting = {
  min_dram_gb_accept_new_task: derived(
    number(0, 1_000_000, 'GB'),
    "a tenth of the host's memory, at most 32",
    'No task starts while less memory than this is available on the host.',
  ),
  min_dram_gb_trigger_return: derived(
    number(0, 1_000_000, 'GB'),
    "a twentieth of the host's memory, at most 16",
    'With less than this available, running tasks are given back, the youngest first. At most `min_dram_gb_accept_new_task`.',
  ),
  max_task_per_worker: derived(
    whole(1, 1024),
    "the host's cores",
    'How many tasks a worker runs at a time. More than cores pays for tasks that mostly wait.',
  ),
  sleep_sec_between_accepting_task: fixed(
    number(0.05, 3600, 'seconds'),
    2,
    'The pause between two looks into the queue when `adaptive_polling` is off.',
  ),
  adaptive_polling: fixed(
    flag(),
    true,
    'Look often while there is work and seldom while there is none, instead of at a fixed pause.',
  ),
  wakeup: fixed(
    flag(),
    true,
    'Look into the queue at once when Redis says that tasks were added or a worker is asked for something. Off: at the next look.',
  ),
  prefetch: fixed(
    whole(0, 64, 'tasks'),
    4,
    'How many tasks for each lane a worker may claim before it can start them, so that a short task does not wait for Redis. It takes as few as its speed asks for. 0: none.',
  ),
  pipeline: fixed(
    flag(),
    true,
    'Report all that ended and claim all that fits in one round trip. Off: one report or one claim a round trip, in the order of the original.',
  ),
  big_task_wait_seconds: fixed(
    number(0, DAY, 'seconds'),
    60,
    'Smaller tasks go ahead of one that does not fit. After so long one worker that could hold it takes nothing else until it fits.',
  ),
  lanes: fixed(
    flag(),
    true,
    'Run tasks in shells that stay, which starts them faster. Off: one new process a task, as the original does.',
  ),
};

const attempts = {
  max_retry_per_task: fixed(
    whole(0, 1000, 'attempts'),
    4,
    'How many times a failing task is run. 0 and 1 both mean once.',
  ),
  retry_elsewhere_seconds: fixed(
    number(0, DAY, 'seconds'),
    10,
    'For so long a failed task is left to other workers before the one where it failed may take it again.',
  ),
  default_task_timeout_seconds: fixed(
    number(0, LONGEST_WAIT, 'seconds'),
    0,
    'Ends a task whose line says no timeout, as a failed attempt. 0: never.',
  ),
  keep_background_processes: fixed(
    flag(),
    false,
    'Leave what a task started in the background running when it ends, instead of ending it too.',
  ),
};

const workers = {
  health_report_interval: fixed(
    number(0.1, 3600, 'seconds'),
    2,
    "The pause between a worker's heartbeats.",
  ),
  worker_dead_seconds: derived(
    number(1, DAY, 'seconds'),
    '30, or five heartbeats if that is longer',
    'A worker without a heartbeat for so long is lost, and its tasks go back. At least three times `health_report_interval`.',
  ),
  drain_seconds: fixed(
    number(0, LONGEST_WAIT, 'seconds'),
    0,
    'For so long a worker that is asked to end waits for its running tasks before it gives them back. 0: until they end.',
  ),
};

const results = {
  result_dir: fixed(
    text('the path of a folder'),
    './distcomp-results',
    "Where the full output of tasks is written, relative to the worker's working directory.",
  ),
  max_result_bytes: fixed(
    whole(100, 1_000_000, 'bytes'),
    4096,
    'What Redis keeps of a standard output, as JSON; head and tail of a longer one. All results together must fit into the memory of Redis.',
  ),
  attempt_records: fixed(
    oneOf('full', 'failed', 'last'),
    'failed',
    'What Redis keeps of attempts. `"failed"`: the ends of what failed ones wrote, and a short record of a finished one. `"full"`: the ends of what every one wrote, up to 4 KiB an attempt. `"last"`: a short record of the last attempt alone, with one line of its standard error.',
  ),
  max_output_bytes: fixed(
    whole(1024, 1024 * GIB, 'bytes'),
    GIB,
    'A task that writes more than this to a file of its output is killed.',
  ),
  output_retention_days: fixed(
    number(0, 36_500, 'days'),
    30,
    'Output files older than this are deleted. 0: never.',
  ),
  output_retention_mb: fixed(
    whole(0, 1_000_000_000, 'MB'),
    10_240,
    'When the output files of a worker take more than this, the oldest are deleted. 0: no limit.',
  ),
};

/** The settings as the reference shows them; `configSchema` has them all. */
export const SETTING_GROUPS = [
  { title: 'Redis and the queue', settings: redis },
  { title: 'Which tasks start, and when', settings: starting },
  { title: 'Attempts and timeouts', settings: attempts },
  { title: 'Workers', settings: workers },
  { title: 'Results and output', settings: results },
] as const;

/**
 * Every setting of DistComp, by its name in `conf.json`. The keys of the original's file keep their
 * names, meanings and units.
 *
 * Written with `zod/mini`: the rest of zod would add 70 kB to the worker that travels to hosts.
 */
export const configSchema = z.object({
  ...redis,
  ...starting,
  ...attempts,
  ...workers,
  ...results,
});

/** The settings of one process, complete and checked. */
export type Config = z.infer<typeof configSchema>;
export type SettingKey = keyof Config;

/** Where the queue is: the same for all who work on it. */
export const CONNECTION_SETTINGS: ReadonlySet<string> = new Set<SettingKey>([
  'redis_host',
  'redis_port',
  'redis_pass',
  'redis_user',
  'redis_db',
  'redis_socket',
  'redis_url',
  'redis_tls',
  'redis_sentinels',
  'redis_sentinel_name',
  'redis_sentinel_pass',
  'redis_cluster',
  'queue',
]);

/** What a running worker cannot change: its connection, and where its output already is. */
export const STARTUP_SETTINGS: ReadonlySet<string> = new Set([
  ...CONNECTION_SETTINGS,
  'result_dir' satisfies SettingKey,
]);
