import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { sandbox } from './sandbox';
import { noting, ran, WAIT } from './traces';

describe('a run on a Redis that is configured', () => {
  it('leaves the tasks of others alone, and finished ones in the queue', async () => {
    const redis = await startRedis({ password: 'open sesame' });
    try {
      const box = await sandbox();
      await redis.client().hset('todo_tasks', 'shell:9:0:0:echo other >> others', '');
      await box.file('x.tasks', noting(5));
      const env = { DISTCOMP_REDIS_URL: redis.url };
      const { code, stderr } = await box.distcomp(['run', 'x.tasks', '--lanes', '2'], { env });
      expect(stderr).toContain(`Redis at 127.0.0.1:${redis.port} · 1 worker, 2 lanes`);
      expect(code).toBe(0);
      const finished = await redis.client().hkeys('finished_tasks');
      expect(finished.filter(line => line.includes('ran'))).toHaveLength(5);
      expect(await box.processes()).toEqual([]);
      expect(await box.keptRuns()).toEqual([]);
    } finally {
      await redis.stop();
    }
  });

  it('never shows a password in arguments, environment or logs', async () => {
    const redis = await startRedis({ password: 'open-sesame-9471' });
    try {
      const box = await sandbox();
      await box.file(
        'conf.json',
        JSON.stringify({
          redis_host: '127.0.0.1',
          redis_port: redis.port,
          redis_pass: 'open-sesame-9471',
        }),
      );
      await box.file('x.tasks', noting(1, WAIT));
      const run = await box.start(['run', 'x.tasks']);
      await until(async () => (await ran(box)).length === 1);
      const processes = await box.processes();
      expect(processes.length).toBeGreaterThan(2);
      for (const { pid } of processes) {
        for (const what of ['cmdline', 'environ']) {
          const text = await readFile(`/proc/${pid}/${what}`, 'utf8').catch(() => '');
          expect(text).not.toContain('open-sesame-9471');
        }
      }
      await box.file('gate', '');
      const { stdout, stderr } = await run.ended;
      expect(stdout + stderr).not.toContain('open-sesame');
    } finally {
      await redis.stop();
    }
  });

  it('ends when someone has cleared the queue, and says so', async () => {
    const redis = await startRedis();
    try {
      const box = await sandbox();
      await box.file('x.tasks', noting(3, WAIT));
      const run = await box.start([
        'run',
        'x.tasks',
        '--redis',
        redis.url,
        '--lanes',
        '1',
        '--json',
      ]);
      await until(async () => (await ran(box)).length === 1);
      await redis.client().flushall();
      await box.file('gate', '');
      const { code, stdout } = await run.ended;
      expect(code).toBe(1);
      const { submitted, finished, missing } = JSON.parse(stdout);
      expect(submitted).toBe(3);
      expect(missing).toBeGreaterThanOrEqual(2);
      expect(finished + missing).toBe(3);
    } finally {
      await redis.stop();
    }
  });

  it('waits while Redis is away', async () => {
    const redis = await startRedis({ appendonly: true });
    try {
      const box = await sandbox();
      await box.file('x.tasks', noting(30, WAIT));
      const run = await box.start(['run', 'x.tasks', '--redis', redis.url, '--lanes', '2']);
      await until(async () => (await ran(box)).length === 2);
      await redis.kill();
      await until(() => run.stderr().includes('Redis does not answer. Waiting for it.'));
      await box.file('gate', '');
      await redis.restart();
      const { code, stdout, stderr } = await run.ended;
      expect(stderr).toContain('Redis answers again.');
      expect(stdout).toContain('30 finished, 0 failed');
      expect(code).toBe(0);
    } finally {
      await redis.stop();
    }
  });

  it('may have no workers of its own, and refuses --fresh', async () => {
    const redis = await startRedis();
    try {
      const box = await sandbox();
      await box.file('x.tasks', noting(3));
      const run = await box.start(['run', 'x.tasks', '--redis', redis.url, '--workers', '0']);
      await until(() => run.stderr().includes('No DistComp worker is live'));
      const worker = await box.start(['worker', '--redis', redis.url]);
      expect((await run.ended).code).toBe(0);
      worker.process.kill('SIGINT');
      expect((await worker.ended).code).toBe(0);

      const fresh = await box.distcomp(['run', 'x.tasks', '--redis', redis.url, '--fresh']);
      expect(fresh.code).toBe(2);
      expect(fresh.stderr).toContain('--fresh is for runs with a Redis of their own');
    } finally {
      await redis.stop();
    }
  });
});
