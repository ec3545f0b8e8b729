/** The parts of an address one after the other, each checked as `conf.json` checks it. */
import * as vscode from 'vscode';
import { DEFAULT_PRIMARY, writeServersUrl } from '../../config/redisUrl';
import { settingFault } from '../../config/schema';
import type { SettingKey } from '../../config/settings';
import { readAddress, writeAddress } from './address';
import type { Wanted } from './askAddress';

interface Question {
  key: SettingKey;
  /** At the beginning of a sentence. */
  name: string;
  prompt: string;
  value?: string;
  /** May stay empty. */
  optional?: true;
}

export async function askParts(): Promise<Wanted | undefined> {
  const way = await askWay();
  if (!way) return undefined;
  const questions = questionsOf(way);
  const answers: Answers = {};
  for (const [index, question] of questions.entries()) {
    const answer = await ask(question, index + 2, questions.length + 1);
    if (answer === undefined) return undefined;
    answers[question.key] = answer.trim();
  }
  const written = readAddress(textOf(way, answers));
  return written && { written, queue: answers.queue ?? 'default' };
}

type Answers = Partial<Record<SettingKey, string>>;

function textOf(way: Way, answers: Answers): string {
  const servers = answers.redis_sentinels ?? answers.redis_cluster;
  if (servers !== undefined) {
    return writeServersUrl({
      kind: way === 'cluster' ? 'cluster' : 'sentinel',
      tls: false,
      user: answers.redis_user,
      nodes: servers.split(',').map(each => each.trim()),
      name: answers.redis_sentinel_name,
      database: Number(answers.redis_db ?? 0),
    });
  }
  return writeAddress({
    socket: answers.redis_socket,
    host: answers.redis_host,
    port: answers.redis_port === undefined ? undefined : Number(answers.redis_port),
    tls: way === 'tls',
    user: answers.redis_user,
    database: Number(answers.redis_db),
  });
}

type Way = 'plain' | 'tls' | 'socket' | 'sentinel' | 'cluster';

function questionsOf(way: Way): Question[] {
  switch (way) {
    case 'socket':
      return socketQuestions();
    case 'sentinel':
      return sentinelQuestions();
    case 'cluster':
      return clusterQuestions();
    default:
      return hostQuestions(way);
  }
}

async function askWay(): Promise<Way | undefined> {
  const { t } = vscode.l10n;
  const ways: (vscode.QuickPickItem & { way: Way })[] = [
    { way: 'plain', label: t('Host and Port'), description: 'redis://' },
    { way: 'tls', label: t('Host and Port, with TLS'), description: 'rediss://' },
    { way: 'socket', label: t('Unix Socket'), description: t('of the machine that runs DistComp') },
    { way: 'sentinel', label: t('Redis Sentinel'), description: 'redis+sentinel://' },
    { way: 'cluster', label: t('Redis Cluster'), description: 'redis+cluster://' },
  ];
  const chosen = await vscode.window.showQuickPick(ways, {
    title: t('Connect to Redis'),
    placeHolder: t('How Redis is reached'),
    ignoreFocusOut: true,
  });
  return chosen?.way;
}

function hostQuestions(way: Way): Question[] {
  const { t } = vscode.l10n;
  return [
    { key: 'redis_host', name: t('The host'), prompt: t('Host name or IP address of Redis') },
    {
      key: 'redis_port',
      name: t('The port'),
      prompt: way === 'tls' ? t('Port for TLS') : t('Port'),
      value: '6379',
    },
    ...sharedQuestions(),
  ];
}

function socketQuestions(): Question[] {
  const { t } = vscode.l10n;
  const socket = { name: t('The socket'), prompt: t('Path of the socket: /run/redis/redis.sock') };
  return [{ key: 'redis_socket', ...socket }, ...sharedQuestions()];
}

function sentinelQuestions(): Question[] {
  const { t } = vscode.l10n;
  return [
    {
      key: 'redis_sentinels',
      name: t('The sentinels'),
      prompt: t('Sentinels, with commas between them: node0:26379, node1:26379'),
    },
    {
      key: 'redis_sentinel_name',
      name: t('The name'),
      prompt: t('Name by which the sentinels know the primary'),
      value: DEFAULT_PRIMARY,
    },
    ...sharedQuestions(),
  ];
}

/** There is one database only. */
function clusterQuestions(): Question[] {
  const { t } = vscode.l10n;
  return [
    {
      key: 'redis_cluster',
      name: t('The nodes'),
      prompt: t('Some nodes, with commas between them: node0:7000, node1:7000'),
    },
    ...sharedQuestions().filter(({ key }) => key !== 'redis_db'),
  ];
}

function sharedQuestions(): Question[] {
  const { t } = vscode.l10n;
  const queue = vscode.workspace.getConfiguration('distcomp').get<string>('queue', 'default');
  return [
    {
      key: 'redis_user',
      name: t('The user'),
      prompt: t('User; empty for the default one. A password is asked for when Redis wants one'),
      optional: true,
    },
    { key: 'redis_db', name: t('The database'), prompt: t('Number of the database'), value: '0' },
    {
      key: 'queue',
      name: t('The queue'),
      prompt: t('Queue; "default" is shared with the original DistComp'),
      value: queue,
    },
  ];
}

async function ask(question: Question, step: number, steps: number): Promise<string | undefined> {
  const { key, name, prompt, value = '', optional } = question;
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Connect to Redis ({0} of {1})', step, steps),
    prompt,
    value,
    ignoreFocusOut: true,
    validateInput: text => {
      if (text.trim() === '') return optional ? undefined : missing(name);
      // What to write in another key of a file is no help here.
      return settingFault(key, text.trim(), name)?.replace(/\. Write .*\bredis_\w+$/, '');
    },
  });
}

const missing = (name: string) => vscode.l10n.t('{0} is missing', name);
