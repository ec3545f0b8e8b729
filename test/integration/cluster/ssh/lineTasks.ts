/** Tasks that leave a line in a file when they run: one that ran twice is there twice. */
import { readFile } from 'node:fs/promises';

export const leaving = (file: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `shell:1:0:0:echo ${from + i} >>${file}; sleep 0.1`);

/** It leaves its line at once and ends when there is such a file as `gate`. */
export const gated = (file: string, gate: string, line: number) =>
  `shell:1:0:0:echo ${line} >>${file}; while [ ! -e ${gate} ]; do sleep 0.05; done`;

/** Shell text that goes on once so many hosts run it: none of them is left without a task. */
export const untilHostsMeet = (folder: string, hosts: number) =>
  `touch ${folder}/$(hostname); until [ $(ls ${folder} | wc -l) = ${hosts} ]; do sleep 0.05; done`;

export async function linesOf(file: string): Promise<number[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map(Number)
    .sort((a, b) => a - b);
}

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
