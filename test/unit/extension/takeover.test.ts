import { describe, expect, it } from 'vitest';
import { takeoverOf } from '../../../src/extension/connection/takeover';

describe('what VS Code takes over from a conf.json', () => {
  it('is the connection, with the password apart, the queue, and settings of workers', () => {
    const found = takeoverOf({
      redis_host: 'node0',
      redis_port: 6400,
      redis_user: 'ann',
      redis_pass: 'secret',
      redis_db: 2,
      queue: 'sweeps',
      max_task_per_worker: 6,
      max_retry_per_task: 2,
    });
    expect(found).toEqual({
      connection: {
        text: 'redis://ann@node0:6400/2',
        address: { url: 'redis://node0:6400/2', username: 'ann' },
        password: 'secret',
      },
      queue: 'sweeps',
      others: [
        { setting: 'local.lanes', key: 'max_task_per_worker', value: 6 },
        { setting: 'workers.maxAttempts', key: 'max_retry_per_task', value: 2 },
      ],
    });
    expect(JSON.stringify([found.connection?.text, found.connection?.address])).not.toContain(
      'secret',
    );
  });

  it('is a socket or a URL where the file has one', () => {
    expect(takeoverOf({ redis_socket: '/run/r.sock', redis_db: 3 }).connection?.address).toEqual({
      socket: '/run/r.sock',
      db: 3,
    });
    const url = takeoverOf({ redis_url: 'rediss://:in@node0:1' }).connection;
    expect([url?.text, url?.password]).toEqual(['rediss://node0:1', 'in']);
  });

  it('is sentinels or the nodes of a cluster, with the passwords apart', () => {
    const bySentinels = takeoverOf({
      redis_sentinels: ['s1:26379', 's2:26379'],
      redis_sentinel_name: 'sweeps',
      redis_pass: 'secret',
      redis_sentinel_pass: 'of the sentinels',
    }).connection;
    expect(bySentinels).toEqual({
      text: 'redis+sentinel://s1:26379,s2:26379/sweeps',
      address: {
        sentinels: ['s1:26379', 's2:26379'],
        sentinelName: 'sweeps',
        db: 0,
      },
      password: 'secret',
      sentinelPassword: 'of the sentinels',
    });
    const cluster = { redis_cluster: ['n1:7000'], redis_tls: true, redis_user: 'ann' };
    expect(takeoverOf(cluster).connection).toMatchObject({
      text: 'rediss+cluster://ann@n1:7000',
      address: { cluster: ['n1:7000'], tls: true, username: 'ann' },
    });
  });

  it('is no connection where the file says nothing of one', () => {
    expect(takeoverOf({ redis_port: 6400 })).toEqual({
      connection: undefined,
      queue: undefined,
      others: [],
    });
  });
});
