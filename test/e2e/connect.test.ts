import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/queue/connection';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import { freePort } from '../setup/freePort';
import { startRedis, type TestRedis } from '../setup/redis';
import { startTlsRedis } from '../setup/tlsRedis';
import { until } from '../setup/until';
import { startWorkbench, type Workbench } from './workbench';

const PASSWORD = 'secret-of-the-file';

let workspace: string;
let conf: string;
let server: TestRedis;
let redis: Redis;
let workbench: Workbench;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distcomp-connect-'));
  server = await startRedis({ password: PASSWORD });
  redis = server.client();
  conf = JSON.stringify({
    redis_host: '127.0.0.1',
    redis_port: server.port,
    redis_pass: PASSWORD,
    queue: 'sweeps',
    prefetch: 7,
    min_dram_gb_accept_new_task: 500_000,
    prefech: 1,
  });
  await mkdir(join(workspace, 'cluster'));
  await writeFile(join(workspace, 'cluster', 'conf.json'), conf);
  workbench = await startWorkbench({ workspace });
});
afterAll(async () => {
  await workbench?.close();
  await server?.stop();
  await rm(workspace, { recursive: true, force: true });
});

describe('a conf.json that is in the folder', () => {
  it('is offered where there is no connection, and says what would be taken over', async () => {
    await workbench.showContainer('DistComp');
    const tree = workbench.tree('Queues');
    await until(async () =>
      (await tree.welcome()).includes('This folder has a DistComp conf.json'),
    );
    await workbench.screenshot('welcome-conf-dark');
    await tree.clickWelcome('Import conf.json…');
    const offered = (await workbench.pickItems()).map(text => text.trim());
    expect(offered).toEqual([
      `redis://127.0.0.1:${server.port}`,
      'Queue sweeps',
      'distcomp.workers.prefetch: 7',
      'distcomp.workers.minFreeMemory: 500000',
      expect.stringMatching(/^must be less than the [\d.]+ GB that this host has, found 500000/),
    ]);
    await workbench.screenshot('import-dark');
  });

  it('becomes settings of the workspace, its password none of them, and stays as it is', async () => {
    await workbench.page.keyboard.press('Enter');
    expect(await workbench.notice('taken over')).toBe(
      '3 settings taken over from conf.json. Workers on other machines go on reading theirs. conf.json: "prefech" is not a setting and was ignored. Did you mean prefetch?',
    );
    await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'));
    const written = await readFile(join(workspace, '.vscode', 'settings.json'), 'utf8');
    expect(JSON.parse(written)).toEqual({
      'distcomp.redis.url': `redis://127.0.0.1:${server.port}`,
      'distcomp.queue': 'sweeps',
      'distcomp.workers.prefetch': 7,
    });
    expect(await readFile(join(workspace, 'cluster', 'conf.json'), 'utf8')).toBe(conf);
    expect(filesWith(PASSWORD)).toEqual([]);
  });
});

describe('Connect to Redis…', () => {
  it('offers what was used before, with its queue, and finds its password again', async () => {
    await workbench.runCommand('DistComp: Disconnect');
    await until(async () => !String(await redis.client('LIST')).includes('name=distcomp-vscode'));
    await workbench.runCommand('DistComp: Connect to Redis…');
    const offered = (await workbench.pickItems()).map(text => text.trim());
    expect(offered).toEqual([
      `redis://127.0.0.1:${server.port}`,
      'Step by Step…',
      'Host, socket, sentinels or cluster, then port, user, database and queue, one after the other',
    ]);
    await workbench.screenshot('connect-dark');
    await workbench.pick(`redis://127.0.0.1:${server.port}`);
    await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'));
  });

  it('takes a connection of before to which one has moved from what is typed', async () => {
    await workbench.runCommand('DistComp: Disconnect');
    await until(async () => !String(await redis.client('LIST')).includes('name=distcomp-vscode'));
    await workbench.runCommand('DistComp: Connect to Redis…');
    const box = workbench.page.locator('.quick-input-widget .quick-input-box input');
    const typed = `127.0.0.1:${String(server.port).slice(0, -1)}`;
    await box.fill(typed);
    const isDrawn = (text: string) => text.includes(`Connect to redis://${typed}`);
    await until(async () => (await workbench.pickItems()).some(isDrawn));
    await box.press('ArrowDown');
    await box.press('Enter');
    await until(async () => String(await redis.client('LIST')).includes('name=distcomp-vscode'));
  });

  it('says of each part that is wrong what would be right', async () => {
    await submitElsewhere();
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.pick('Step by Step…');
    await workbench.pick('Unix Socket');
    await workbench.type('Path of the socket', 'redis.sock');
    await workbench.screenshot('connect-step-dark');
    await workbench.type('The socket must be an absolute path', server.socket);
    await workbench.type('User; empty', '');
    await workbench.type('Number of the database', 'two');
    await workbench.type('The database must be a whole number from 0 to 65,535, found "two"', '2');
    await workbench.type('Queue; "default" is shared', 'two words');
    await workbench.type('The queue must be 1 to 100 letters', 'other');
    await workbench.type('refused the password', PASSWORD);
    // The queue's row comes later than that of the connection.
    await until(async () => {
      expect((await treeLabels()).slice(0, 2)).toEqual([server.socket, 'other']);
      return true;
    });
    expect(String(await redis.client('LIST'))).toMatch(/name=distcomp-vscode .*db=2 /);
    expect(filesWith(PASSWORD)).toEqual([]);
  });

  it('takes what is typed although a connection of before is all that is drawn', async () => {
    const typed = `127.0.0.1:${String(server.port).slice(0, -1)}`;
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.pickItems();
    // At once: nothing can be drawn between the two.
    await workbench.page.evaluate(
      `(input => {
        input.value = ${JSON.stringify(typed)};
        input.dispatchEvent(new Event('input', { bubbles: true }));
        const enter = { key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true };
        input.dispatchEvent(new KeyboardEvent('keydown', enter));
      })(document.querySelector('.quick-input-widget .quick-input-box input'))`,
    );
    await workbench.notice(`Cannot reach Redis at ${typed}`);
    await workbench.clearNotices();
  });

  it('keeps nothing of what cannot be reached, says why, and has it changed', async () => {
    const port = await freePort();
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.type('Address', `127.0.0.1:${port}`);
    expect(await workbench.notice('Cannot reach')).toBe(
      `Cannot reach Redis at 127.0.0.1:${port}: connection refused. Is it running, and reachable from this machine?`,
    );
    await workbench.screenshot('unreachable-dark');
    await workbench.answerNotice('Cannot reach', 'Connect…');
    const box = workbench.page.locator('.quick-input-widget .quick-input-box input');
    await until(async () => (await box.inputValue()) === `redis://127.0.0.1:${port}`);
    // The first one closes the notification centre, in which the button was.
    await until(async () => {
      if (await box.isHidden()) return true;
      await workbench.page.keyboard.press('Escape');
      return false;
    });
    const written = await readFile(join(workspace, '.vscode', 'settings.json'), 'utf8');
    expect(written).not.toContain(String(port));
    expect((await treeLabels())[0]).toBe(server.socket);
  });

  it('finds that a server wants TLS, and tries that when it is asked to', async () => {
    const tls = await startTlsRedis();
    try {
      await workbench.runCommand('DistComp: Connect to Redis…');
      await workbench.type('Address', `127.0.0.1:${tls.port}`);
      const said = `The server at 127.0.0.1:${tls.port} requires TLS.`;
      expect(await workbench.notice('requires TLS')).toBe(said);
      await workbench.screenshot('requires-tls-dark');
      await workbench.answerNotice(said, 'Use TLS');
      // Nobody trusts a certificate that its server signed itself: so TLS was spoken.
      await workbench.notice(
        `Cannot reach Redis at 127.0.0.1:${tls.port}: self-signed certificate.`,
      );
      expect((await treeLabels())[0]).toBe(server.socket);
    } finally {
      await tls.stop();
    }
  });

  it('says of an address that is none what would be right, and does not go on', async () => {
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.type('Address', 'http://node0');
    await until(async () =>
      (await workbench.pickItems()).some(text => text.includes('Write HOST:PORT')),
    );
    await workbench.page.keyboard.press('Escape');
    expect((await treeLabels())[0]).toBe(server.socket);
  });
});

describe('a connection that is not safe as it is written', () => {
  it('has its password moved out of the settings', async () => {
    const path = join(workspace, '.vscode', 'settings.json');
    const before = JSON.parse(await readFile(path, 'utf8'));
    const url = `redis://:${PASSWORD}@127.0.0.1:${server.port}`;
    await writeFile(path, JSON.stringify({ ...before, 'distcomp.redis.url': url }));
    await workbench.notice('holds a password in plain text');
    await workbench.answerNotice('holds a password', 'Move to Secret Storage');
    await until(async () => !(await readFile(path, 'utf8')).includes(PASSWORD));
    // VS Code keeps a copy of the settings of its own, which follows.
    await until(() => filesWith(PASSWORD).length === 0, {
      describe: () => `${filesWith(PASSWORD)}`,
    });
    const connected = /name=distcomp-vscode .*db=0 /;
    await until(async () => connected.test(String(await redis.client('LIST'))));
  });
});

describe('a window that is reloaded while it shows a notice', () => {
  it('leaves nothing running of what it was', async () => {
    // What it starts looks like itself for a moment.
    const before = await until(() => {
      const [host, ...others] = extensionHosts();
      expect(others).toEqual([]);
      return host;
    });
    const port = await freePort();
    await workbench.runCommand('DistComp: Connect to Redis…');
    await workbench.type('Address', `127.0.0.1:${port}`);
    await workbench.notice(`Cannot reach Redis at 127.0.0.1:${port}`);
    await workbench.reload();
    await until(() => !extensionHosts().includes(before), {
      describe: () => `extension host ${before} to end, there are ${extensionHosts()}`,
    });
  });
});

/** Processes in which the extension of this workbench runs. */
function extensionHosts(): number[] {
  const run = `DISTCOMP_TEST_RUN=${join(workbench.userData, '..')}`;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(
      pid =>
        textOf(`/proc/${pid}/cmdline`).includes('--type=extensionHost') &&
        textOf(`/proc/${pid}/environ`).includes(run),
    )
    .map(Number);
}

/** Empty when the process has gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A task in another queue of another database: an empty one has no tree. */
async function submitElsewhere(): Promise<void> {
  const other = await connect({ socket: server.socket, password: PASSWORD, db: 2 }, 'test');
  await submit(new Queue(other, 'other'), ['shell:1:0:0:true']);
  other.disconnect();
}

const treeLabels = async () => (await workbench.tree('Queues').rows()).map(row => row.label);

/** Files of VS Code and of the workspace, the conf.json left out, in which a text stands. */
function filesWith(text: string): string[] {
  const folders = [workbench.userData, workspace];
  const { stdout } = spawnSync('grep', ['-rlF', text, ...folders], { encoding: 'utf8' });
  return stdout.split('\n').filter(path => path !== '' && !path.endsWith('/cluster/conf.json'));
}
