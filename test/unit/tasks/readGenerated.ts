// Reads a generated task file and counts what it finds. Started by file.test.ts under a memory limit.
import { readTaskFile } from '../../../src/tasks/file';

async function* manyLines() {
  for (let hundred = 0; hundred < 10_000; hundred += 1) {
    let lines = 'shell:1:4G:1:a bad line\n';
    for (let index = 1; index < 100; index += 1) {
      lines += `shell:1:0:1:./train --rate 0.1 --seed ${hundred * 100 + index}\n`;
    }
    yield Buffer.from(lines);
  }
}

async function* oneLine() {
  for (let mebibyte = 0; mebibyte < 2048; mebibyte += 1) yield Buffer.alloc(2 ** 20, 'x');
  yield '\nshell:1:0:0:a task behind it\n';
}

async function count(chunks: AsyncIterable<Uint8Array | string>): Promise<void> {
  let tasks = 0;
  let problems = 0;
  for await (const entry of readTaskFile(chunks)) {
    if ('task' in entry) tasks += 1;
    else problems += 1;
  }
  const largestMb = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ tasks, problems, largestMb }));
}

void count(process.argv[2] === 'many-lines' ? manyLines() : oneLine());
