import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigSources, type Host, loadConfig } from '../../../src/config/schema';

const LAPTOP: Host = { memoryGb: 16, cores: 8 };
const NODE: Host = { memoryGb: 256, cores: 64 };

const originalConf = readFileSync(
  new URL('../../fixtures/original/original-conf.json', import.meta.url),
  'utf8',
);

function conf(settings: unknown): ConfigSources {
  return { conf: { text: JSON.stringify(settings), where: 'conf.json' } };
}

function configOf(sources: ConfigSources, host = LAPTOP) {
  return loadConfig(sources, host).config;
}

function problemsOf(sources: ConfigSources, host = LAPTOP): string[] {
  try {
    loadConfig(sources, host);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).toBe(error.problems.map(problem => problem.message).join('\n'));
    return error.problems.map(problem => problem.message);
  }
  throw new Error('there is no problem');
}

describe('without any configuration', () => {
  it('the settings that do not depend on the host are as documented', () => {
    expect(configOf({})).toMatchObject({
      sleep_sec_between_accepting_task: 2,
      health_report_interval: 2,
      max_retry_per_task: 4,
      redis_port: 6379,
      redis_db: 0,
      queue: 'default',
      lanes: true,
      adaptive_polling: true,
      default_task_timeout_seconds: 0,
      retry_elsewhere_seconds: 10,
      worker_dead_seconds: 30,
      drain_seconds: 0,
      max_result_bytes: 4096,
      attempt_records: 'failed',
      max_output_bytes: 2 ** 30,
      keep_background_processes: false,
      output_retention_days: 30,
      output_retention_mb: 10240,
    });
    expect(configOf({}).redis_host).toBeUndefined();
    expect(configOf({}).redis_url).toBeUndefined();
  });

  it.each<[string, Host, number, number, number]>([
    ['a laptop', LAPTOP, 1.6, 0.8, 8],
    ['a node with 256 GB', NODE, 25.6, 12.8, 64],
    ['a node with 2 TB', { memoryGb: 2048, cores: 256 }, 32, 16, 256],
    ['a container', { memoryGb: 0.5, cores: 0.5 }, 0.05, 0.03, 1],
  ])('%s starts tasks and keeps room for its system', (_, host, accept, giveBack, tasks) => {
    expect(configOf({}, host)).toMatchObject({
      min_dram_gb_accept_new_task: accept,
      min_dram_gb_trigger_return: giveBack,
      max_task_per_worker: tasks,
    });
  });
});

describe("the original's conf.json", () => {
  it('is accepted with every key on a host with enough memory', () => {
    const { config, warnings } = loadConfig(
      { conf: { text: originalConf, where: 'conf.json' } },
      NODE,
    );
    expect(config).toMatchObject(JSON.parse(originalConf));
    expect(warnings).toEqual([]);
  });

  it('is refused on a laptop, where its thresholds would start nothing', () => {
    expect(problemsOf({ conf: { text: originalConf, where: 'conf.json' } })).toEqual([
      'conf.json: min_dram_gb_accept_new_task must be less than the 16 GB that this host has, found 80: no task would start. Write less, as 1.6, or leave it out',
      'conf.json: min_dram_gb_trigger_return must be less than the 16 GB that this host has, found 40: no task would start. Write less, as 0.8, or leave it out',
    ]);
  });
});

describe('sources', () => {
  it('count in the order conf.json, environment, overrides', () => {
    const sources: ConfigSources = {
      ...conf({ redis_port: 1, max_retry_per_task: 1, queue: 'conf' }),
      environment: { DISTCOMP_REDIS_PORT: '2', DISTCOMP_MAX_RETRY_PER_TASK: '2' },
      overrides: { redis_port: 3 },
    };
    expect(configOf(sources)).toMatchObject({
      redis_port: 3,
      max_retry_per_task: 2,
      queue: 'conf',
    });
  });

  it('of the environment are read as numbers, flags and texts', () => {
    const environment = {
      DISTCOMP_HEALTH_REPORT_INTERVAL: '0.5',
      DISTCOMP_LANES: 'false',
      DISTCOMP_ADAPTIVE_POLLING: '0',
      DISTCOMP_KEEP_BACKGROUND_PROCESSES: 'TRUE',
      DISTCOMP_REDIS_PASS: '12345',
    };
    expect(configOf({ environment })).toMatchObject({
      health_report_interval: 0.5,
      lanes: false,
      adaptive_polling: false,
      keep_background_processes: true,
      redis_pass: '12345',
    });
  });

  it.each(['yes', '2', 'on', 'tru'])('of the environment must not have the flag %j', text => {
    expect(problemsOf({ environment: { DISTCOMP_LANES: text } })).toEqual([
      `DISTCOMP_LANES must be true or false, found "${text}"`,
    ]);
  });

  it.each(['0x10', '1e3', '8 tasks', '1,000', 'NaN', 'Infinity', '1.5'])(
    'of the environment must not have the whole number %j',
    text => {
      const [problem] = problemsOf({ environment: { DISTCOMP_MAX_TASK_PER_WORKER: text } });
      expect(problem).toMatch(
        /^DISTCOMP_MAX_TASK_PER_WORKER must be a whole number from 1 to 1,024, found /,
      );
    },
  );

  it('leave a setting alone where they are empty, null or undefined', () => {
    const sources: ConfigSources = {
      ...conf({ redis_host: 'node0', redis_pass: null, redis_user: '', queue: 'q' }),
      environment: { DISTCOMP_REDIS_HOST: '', DISTCOMP_REDIS_PORT: undefined },
      overrides: { queue: undefined },
    };
    const config = configOf(sources);
    expect(config).toMatchObject({ redis_host: 'node0', redis_port: 6379, queue: 'q' });
    expect(config.redis_pass).toBeUndefined();
    expect(config.redis_user).toBeUndefined();
  });

  it('are corrected by a stronger source', () => {
    expect(configOf({ ...conf({ redis_port: 'x' }), overrides: { redis_port: 7 } })).toMatchObject({
      redis_port: 7,
    });
  });

  it('may begin with a byte order mark', () => {
    const text = `\uFEFF${JSON.stringify({ queue: 'q' })}`;
    expect(configOf({ conf: { text, where: 'conf.json' } }).queue).toBe('q');
  });
});

describe('where Redis is', () => {
  it('is said by the strongest source, in whichever way', () => {
    const weaker = conf({ redis_host: 'node0', redis_port: 6400, redis_pass: 'secret' });
    const byUrl = configOf({ ...weaker, overrides: { redis_url: 'redis://node1:7000/2' } });
    expect(byUrl).toMatchObject({ redis_url: 'redis://node1:7000/2', redis_pass: 'secret' });
    expect(byUrl.redis_host).toBeUndefined();

    const bySocket = configOf({ ...weaker, environment: { DISTCOMP_REDIS_SOCKET: '/run/r.sock' } });
    expect(bySocket.redis_socket).toBe('/run/r.sock');
    expect(bySocket.redis_host).toBeUndefined();

    const byHost = configOf({
      ...conf({ redis_url: 'redis://node0' }),
      environment: { DISTCOMP_REDIS_HOST: 'node1' },
    });
    expect(byHost.redis_host).toBe('node1');
    expect(byHost.redis_url).toBeUndefined();
  });

  it('may be several servers, by keys or by a URL', () => {
    const byKeys = conf({
      redis_sentinels: ['s1', 's2:26380'],
      redis_sentinel_name: 'sweeps',
      redis_tls: true,
      redis_user: 'ann',
      redis_db: 2,
    });
    const sentinels = {
      redis_sentinels: ['s1:26379', 's2:26380'],
      redis_sentinel_name: 'sweeps',
      redis_tls: true,
      redis_user: 'ann',
      redis_db: 2,
    };
    expect(configOf(byKeys)).toMatchObject(sentinels);
    const byUrl = configOf(conf({ redis_url: 'rediss+sentinel://ann:p%23@s1,s2:26380/sweeps/2' }));
    expect(byUrl).toMatchObject({ ...sentinels, redis_pass: 'p#' });
    expect(byUrl.redis_url).toBeUndefined();
    expect(configOf(conf({ redis_url: 'redis+sentinel://[::1]' }))).toMatchObject({
      redis_sentinels: ['[::1]:26379'],
      redis_sentinel_name: 'mymaster',
      redis_tls: false,
    });
    expect(configOf({ environment: { DISTCOMP_REDIS_SENTINELS: 's1, s2:1' } })).toMatchObject({
      redis_sentinels: ['s1:26379', 's2:1'],
    });
  });

  it.each<[Record<string, unknown>]>([
    [{ redis_cluster: ['n1:7000', 'n2'] }],
    [{ redis_url: 'redis+cluster://n1:7000,n2' }],
  ])('may be the nodes of a Redis Cluster: %j', settings => {
    const config = configOf(conf({ ...settings, queue: 'q' }));
    expect(config.redis_cluster).toEqual(['n1:7000', 'n2:6379']);
    expect(config.redis_url).toBeUndefined();
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ redis_host: 'n1', redis_port: 7000 }, ['n1:7000']],
    [{ redis_host: '::1' }, ['[::1]:6379']],
    [{ redis_url: 'redis://ann:secret@n1:7000' }, ['n1:7000']],
  ])('may be a Redis Cluster of which %j is a node', (settings, nodes) => {
    const config = configOf(conf({ ...settings, redis_cluster: true, queue: 'q' }));
    expect(config).toMatchObject({ redis_cluster: nodes });
    expect([config.redis_host, config.redis_url]).toEqual([undefined, undefined]);
    if (settings.redis_url) {
      expect(config).toMatchObject({ redis_user: 'ann', redis_pass: 'secret', redis_tls: false });
    }
    const elsewhere = { DISTCOMP_REDIS_URL: 'redis://other' };
    const stronger = configOf({
      ...conf({ ...settings, redis_cluster: true }),
      environment: elsewhere,
    });
    expect(stronger.redis_cluster).toBeUndefined();
    const flag = { DISTCOMP_REDIS_CLUSTER: 'true' };
    expect(configOf({ ...conf(settings), environment: flag }).redis_cluster).toEqual(nodes);
  });

  it.each<[Record<string, unknown>, string[]]>([
    [
      { redis_sentinels: 's1:26379,s2:26379' },
      [
        'redis_sentinels must be a list as ["node0:26379", "node1:26379"], found "s1:26379,s2:26379". Write it as a list',
      ],
    ],
    [
      { redis_sentinels: [] },
      [
        'redis_sentinels must be a list as ["node0:26379", "node1:26379"], found a list. Name at least one',
      ],
    ],
    [
      { redis_sentinels: ['redis://:secret@s1'], redis_sentinel_name: 'a b' },
      [
        'redis_sentinels must be a list as ["node0:26379", "node1:26379"], found a list. Write hosts and ports alone, without redis://',
        'redis_sentinel_name must be 1 to 100 letters, digits, _, . and -, found "a b"',
      ],
    ],
    [
      { redis_cluster: ['n1:0'], redis_sentinels: ['s1'] },
      [
        'redis_cluster and redis_sentinels both say where Redis is. Remove one of them',
        'redis_cluster must be true, or a list of nodes as ["node0:7000", "node1:7000"], found a list',
      ],
    ],
    [
      { redis_cluster: true },
      [
        'redis_cluster is true, and no node is named. Name one as redis_host, or write a list of nodes',
      ],
    ],
    [
      { redis_cluster: true, redis_socket: '/run/r.sock', redis_tls: true },
      [
        'redis_cluster is true, and a socket leads to one node only. Name a node as redis_host, or write a list of nodes',
        'redis_tls is true, and the address has no TLS. Leave it out for a socket',
      ],
    ],
    [
      { redis_cluster: ['n1'], redis_db: 3 },
      ['redis_db must name database 0, found 3: a Redis Cluster has no other. Leave it out'],
    ],
    [
      { redis_cluster: true, redis_url: 'redis://n1/3', redis_tls: true },
      [
        'redis_url must name database 0, found 3: a Redis Cluster has no other. Leave it out',
        'redis_tls is true, and the address has no TLS. Write the URL with rediss://',
      ],
    ],
    [
      { redis_url: 'redis+sentinel://u:secret@s1:x/m' },
      [
        'redis_url must be redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH for a socket. Write hosts and ports with commas between them, then /NAME of the primary, then /DATABASE',
      ],
    ],
    [
      { redis_url: 'redis+cluster://n1,n2/2' },
      [
        'redis_url must be redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH for a socket. A Redis Cluster has hosts and ports only, with commas between them, and no database',
      ],
    ],
  ])('is wrong as %j, with all that is wrong', (settings, problems) => {
    expect(problemsOf(conf(settings)).sort()).toEqual(
      problems.map(problem => `conf.json: ${problem}`).sort(),
    );
  });

  it('must not be said twice by one source', () => {
    expect(problemsOf(conf({ redis_host: 'a', redis_url: 'redis://b' }))).toEqual([
      'conf.json: redis_host and redis_url both say where Redis is. Remove one of them',
    ]);
  });

  it.each(['unix:///run/r.sock', '/run/r.sock'])('as the URL %s is a socket', redis_url => {
    const config = configOf(conf({ redis_url }));
    expect(config.redis_socket).toBe('/run/r.sock');
    expect(config.redis_url).toBeUndefined();
  });

  it.each([
    'redis://h',
    'redis://h:1/0',
    'rediss://user:p%23w@h:6380',
    'redis://[::1]:6379/3',
    'redis://:pw@10.0.0.1:6379',
  ])('may be the URL %s', redis_url => {
    expect(configOf(conf({ redis_url })).redis_url).toBe(redis_url);
  });

  it.each([
    ['http://secret@h', 'Begin it with redis://, rediss:// or unix:///'],
    ['secret@h:6379', 'Begin it with redis://, rediss:// or unix:///'],
    [
      'redis://:sec#ret@h',
      'Write special characters of a password as %23 and so on, or the password as redis_pass',
    ],
    ['redis://u:secret@h/abc', 'End it with the number of a database'],
    [`unix:///${'secret'.repeat(20)}`, 'Use a shorter path'],
  ])('must not be the URL %s, and the message does not repeat it', (redis_url, remedy) => {
    expect(problemsOf(conf({ redis_url }))).toEqual([
      `conf.json: redis_url must be redis://HOST:PORT/DATABASE, rediss://… for TLS, or unix:///PATH for a socket. ${remedy}`,
    ]);
  });

  it.each([
    ['node0:6400', '. Write node0, and 6400 as redis_port'],
    ['redis://node0', '. Write a URL as redis_url'],
    ['/run/r.sock', '. Write the path of a socket as redis_socket'],
    ['node 0', ''],
  ])('must not be the host %s', (redis_host, remedy) => {
    expect(problemsOf(conf({ redis_host }))).toEqual([
      `conf.json: redis_host must be a host name or an IP address, found "${redis_host}"${remedy}`,
    ]);
  });

  it.each(['node0', 'node-0.example.org', '10.0.0.1', '::1', 'fe80::1%eth0'])(
    'may be the host %s',
    redis_host => {
      expect(configOf(conf({ redis_host })).redis_host).toBe(redis_host);
    },
  );
});

describe('wrong values', () => {
  it('are all reported at once, each with its key, what is wrong and what would be right', () => {
    const sources: ConfigSources = {
      ...conf({
        redis_port: 70_000,
        max_task_per_worker: '8',
        lanes: 'no',
        adaptive_polling: 'false',
        queue: 'my queue',
        result_dir: ['a'],
        redis_pass: 12345,
        redis_socket: 'r.sock',
        health_report_interval: 0,
        attempt_records: 'all',
      }),
      environment: { DISTCOMP_DRAIN_SECONDS: 'ten' },
      overrides: { max_result_bytes: 1.5 },
    };
    expect(problemsOf(sources).toSorted()).toEqual([
      'DISTCOMP_DRAIN_SECONDS must be a number of seconds from 0 to 2,000,000, found "ten"',
      'conf.json: adaptive_polling must be true or false, found "false". Write false without quotes',
      'conf.json: attempt_records must be "full", "failed" or "last", found "all"',
      'conf.json: health_report_interval must be a number of seconds from 0.1 to 3,600, found 0',
      'conf.json: lanes must be true or false, found "no"',
      'conf.json: max_task_per_worker must be a whole number from 1 to 1,024, found "8". Write 8 without quotes',
      'conf.json: queue must be 1 to 100 letters, digits, _, . and -, found "my queue"',
      'conf.json: redis_pass must be text in quotes',
      'conf.json: redis_port must be a whole number from 1 to 65,535, found 70000',
      'conf.json: redis_socket must be an absolute path of at most 107 characters, found "r.sock"',
      'conf.json: result_dir must be the path of a folder, found a list',
      'max_result_bytes must be a whole number of bytes from 100 to 1,000,000, found 1.5',
    ]);
  });

  it('have the key that a caller can point at', () => {
    try {
      loadConfig({ environment: { DISTCOMP_REDIS_DB: 'x', DISTCOMP_LANES: 'x' } }, LAPTOP);
      expect.unreachable();
    } catch (error) {
      const keys = error instanceof ConfigError && error.problems.map(problem => problem.key);
      expect(keys).toEqual(['redis_db', 'lanes']);
    }
  });

  it('that a path or name cannot hold are refused', () => {
    expect(problemsOf(conf({ result_dir: 'a\nb' }))).toEqual([
      'conf.json: result_dir must be the path of a folder, found "a\uFFFDb". Remove the line break or NUL in it',
    ]);
  });

  it('that contradict each other are reported', () => {
    const thresholds = { min_dram_gb_accept_new_task: 2, min_dram_gb_trigger_return: 3 };
    const heartbeats = { health_report_interval: 20, worker_dead_seconds: 30 };
    expect(problemsOf(conf({ ...thresholds, ...heartbeats }))).toEqual([
      'conf.json: min_dram_gb_trigger_return must be at most min_dram_gb_accept_new_task, which is 2, found 3: tasks would be started and given back',
      'conf.json: worker_dead_seconds must be at least three times health_report_interval, which is 20, found 30: a living worker would count as lost. Write 60 or more',
    ]);
  });

  it('do not arise from a default beside a given value', () => {
    expect(configOf(conf({ min_dram_gb_trigger_return: 4 }))).toMatchObject({
      min_dram_gb_accept_new_task: 4,
    });
    expect(configOf(conf({ min_dram_gb_accept_new_task: 0 }))).toMatchObject({
      min_dram_gb_trigger_return: 0,
    });
    expect(configOf(conf({ health_report_interval: 60 }))).toMatchObject({
      worker_dead_seconds: 300,
    });
  });
});

describe('unknown names', () => {
  it('of conf.json warn, with the nearest setting if there is one', () => {
    const { config, warnings } = loadConfig(
      conf({ redis_hots: 'node0', colour: 'red', __proto__: 1, REDIS_PORT: 1 }),
      LAPTOP,
    );
    expect(warnings).toEqual([
      'conf.json: "redis_hots" is not a setting and was ignored. Did you mean redis_host?',
      'conf.json: "colour" is not a setting and was ignored. Remove it, or see the list of settings',
      'conf.json: "REDIS_PORT" is not a setting and was ignored. Did you mean redis_port?',
    ]);
    expect(config.redis_host).toBeUndefined();
  });

  it('that objects inherit are unknown too', () => {
    const text = '{"__proto__": {"queue": "q"}, "constructor": 1}';
    const { config, warnings } = loadConfig({ conf: { text, where: 'conf.json' } }, LAPTOP);
    expect(warnings).toHaveLength(2);
    expect(config.queue).toBe('default');
  });

  it('of the environment warn only where a setting is near', () => {
    const environment = {
      DISTCOMP_REDIS_HOTS: 'node0',
      DISTCOMP_TASK_ID: 'abc',
      DISTCOMP_WORKER: 'node0~1',
      DISTCOMP_ATTEMPT: '1',
      DISTCOMP_SOMETHING_ELSE: 'x',
      PATH: '/bin',
    };
    expect(loadConfig({ environment }, LAPTOP).warnings).toEqual([
      'DISTCOMP_REDIS_HOTS is not a setting and was ignored. Did you mean DISTCOMP_REDIS_HOST?',
    ]);
  });
});
