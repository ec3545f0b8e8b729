/**
 * A line of a host file: a host, and what holds for this one alone. Words as Ansible's inventories have
 * them: `node1 workers=2 cwd="/data/my run" env.OMP_NUM_THREADS=1 max_task_per_worker=8`. Pure.
 */

import { nearest } from '../../config/nearest';
import { settingFault, settingValue } from '../../config/schema';
import { CONNECTION_SETTINGS, type SettingKey } from '../../config/settings';
import { isSettingKey, SETTING_KEYS } from '../../config/sources';
import { type Host, type HostSettings, parseHost } from './hosts';

const MOST_WORKERS = 1000;
const OWN_KEYS = ['workers', 'node', 'cwd', 'env.NAME'] as const;
const HOST_SETTINGS = SETTING_KEYS.filter(key => !CONNECTION_SETTINGS.has(key));

/** @returns the host, with settings if there are any; or what is wrong with the line */
export function parseHostLine(line: string): Host | { problem: string } {
  const [name = '', ...words] = wordsOf(line);
  const host = parseHost(name);
  if ('problem' in host || words.length === 0) return host;
  const settings: HostSettings = { environment: {}, config: {} };
  for (const word of words) {
    const problem = take(settings, word);
    if (problem !== undefined) return { problem };
  }
  return { ...host, settings };
}

/** Split at blanks that are not between double quotes, which are taken away. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|[^\s"]|"(?=[^"]*$))+/g) ?? [];
  return words.map(word => word.replace(/"([^"]*)"/g, '$1'));
}

/** @returns what is wrong */
function take(settings: HostSettings, word: string): string | undefined {
  const [, key = '', value = ''] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? [];
  if (key === '') {
    return `one host a line, and what holds for it as name=value, found "${word}"`;
  }
  const variable = /^env\.([A-Za-z_]\w*)$/.exec(key)?.[1];
  if (variable !== undefined) {
    settings.environment[variable] = value;
    return undefined;
  }
  if (key === 'workers') return takeWorkers(settings, value);
  if (key === 'node' || key === 'cwd') return takePath(settings, key, value);
  if (isSettingKey(key) && HOST_SETTINGS.includes(key)) return takeSetting(settings, key, value);
  return unknownKey(key);
}

function takeWorkers(settings: HostSettings, value: string): string | undefined {
  const workers = /^\d+$/.test(value) ? Number(value) : 0;
  if (workers < 1 || workers > MOST_WORKERS) {
    return `workers must be a whole number from 1 to ${MOST_WORKERS.toLocaleString('en')}, found "${value}"`;
  }
  settings.workers = workers;
  return undefined;
}

function takePath(settings: HostSettings, key: 'node' | 'cwd', value: string): string | undefined {
  if (!value.startsWith('/')) return `${key} must be a path from the root, found "${value}"`;
  settings[key] = value;
  return undefined;
}

function takeSetting(settings: HostSettings, key: SettingKey, value: string): string | undefined {
  const fault = settingFault(key, value, key);
  if (fault === undefined) settings.config[key] = settingValue(key, value);
  // As `launch --lanes 4` has it.
  return fault !== undefined && key === 'lanes' && /^\d+$/.test(value)
    ? `${fault}. For tasks at a time, write max_task_per_worker=${value}`
    : fault;
}

function unknownKey(key: string): string {
  if (isSettingKey(key)) return `${key} is the same for all hosts. Write it in conf.json`;
  const meant = nearest(key, [...OWN_KEYS, ...HOST_SETTINGS]);
  const remedy = meant
    ? `Did you mean ${meant}?`
    : `Hosts have ${OWN_KEYS.join(', ')} and the settings of workers`;
  return `${key} is nothing that a host has. ${remedy}`;
}
