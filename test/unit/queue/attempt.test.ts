import { describe, expect, it } from 'vitest';
import {
  lastErrorLine,
  outcome,
  parseAttempts,
  type StoredAttempt,
  signature,
} from '../../../src/queue/attempt';

const base: StoredAttempt = { worker: 'w~1', start: 1000, end: 2000 };
const failure = (err: string): StoredAttempt => ({ ...base, exit: 1, err });
const kindOf = (err: string) => signature(failure(err)).replace(/^exit 1( {2})?/, '');

describe('records of attempts', () => {
  it('are read in the order in which they were appended', () => {
    const text =
      '1 {"worker":"a~1","start":1,"end":2,"exit":1}\n2 {"worker":"b~1","start":3,"end":4}\n';
    expect(parseAttempts(text)).toEqual([
      { number: 1, worker: 'a~1', start: 1, end: 2, exit: 1 },
      { number: 2, worker: 'b~1', start: 3, end: 4 },
    ]);
    expect(parseAttempts('')).toEqual([]);
  });

  it.each([
    '{"worker":"a"}',
    '2 {"worker":',
    'x {"worker":"a"}',
    '2x {}',
    '3 null',
    '4 5',
    ' 5 {}',
    '6 []',
  ])('that cannot be read are left out: %s', entry => {
    const readable = '1 {"worker":"a~1","start":1,"end":2}';
    expect(parseAttempts(`${entry}\n${readable}\n`).map(record => record.worker)).toEqual(['a~1']);
  });

  it('give their number from their place, whatever the record says', () => {
    expect(parseAttempts('7 {"number":1,"worker":"a~1","start":1,"end":2}\n')[0]?.number).toBe(7);
  });
});

describe('the outcome of an attempt', () => {
  it.each<[string, Partial<StoredAttempt>]>([
    ['exit 0', { exit: 0 }],
    ['exit 7', { exit: 7 }],
    ['SIGKILL', { signal: 'SIGKILL' }],
    ['timeout', { timeout: true, signal: 'SIGTERM' }],
    ['too much output', { outputLimit: true, signal: 'SIGTERM' }],
    ['lost worker', { lost: true }],
    ['never ended', {}],
  ])('is %s', (words, record) => {
    expect(outcome({ ...base, ...record })).toBe(words);
  });
});

describe('the last line of standard error', () => {
  it('is the last one that says anything', () => {
    expect(lastErrorLine(failure('Traceback\n  ValueError: bad  \n\n \t\n'))).toBe(
      'ValueError: bad',
    );
    expect(lastErrorLine(failure(''))).toBe('');
    expect(lastErrorLine(base)).toBe('');
    expect(lastErrorLine(failure('windows\r\nlines\r\n'))).toBe('lines');
  });

  it('is what people see of it: no colours, no titles, the end of a progress bar', () => {
    expect(lastErrorLine(failure('\u001b[1;31mValueError\u001b[0m: bad\u001b[K\n'))).toBe(
      'ValueError: bad',
    );
    expect(lastErrorLine(failure('\u001b]0;title\u0007out of memory\n'))).toBe('out of memory');
    expect(lastErrorLine(failure(' 10%\r 20%\rdied at 20%\n'))).toBe('died at 20%');
    expect(lastErrorLine(failure('real error\n\u001b[0m\n'))).toBe('real error');
    expect(lastErrorLine(failure('bell\u0007 and\tnull\0\n'))).toBe('bell and null');
  });
});

describe('the signature of a failure', () => {
  it('is what happened and the last line of standard error', () => {
    expect(signature(failure('ValueError: lr too large\n'))).toBe(
      'exit 1  ValueError: lr too large',
    );
    expect(signature({ ...base, exit: 3 })).toBe('exit 3');
    expect(signature({ ...base, signal: 'SIGSEGV', err: 'core dumped' })).toBe(
      'SIGSEGV  core dumped',
    );
  });

  it('leaves out what was printed where that says nothing of the cause', () => {
    expect(signature({ ...base, timeout: true, err: 'epoch 3' })).toBe('timeout');
    expect(signature({ ...base, lost: true, err: 'epoch 3' })).toBe('lost worker');
    expect(signature({ ...base, outputLimit: true, err: 'line 9' })).toBe('too much output');
  });

  it.each<[string, string, string]>([
    ['numbers', 'loss 0.25 at step 12', 'loss 31.5 at step 7'],
    ['signs and exponents', 'lr=-1.5e-05 is bad', 'lr=3 is bad'],
    ['paths', "cannot open '/data/run 1'", "cannot open '/data/run 2'"],
    ['absolute paths', 'no such file: /scratch/a/b.csv', 'no such file: /home/me/c_2/d.csv.gz'],
    ['short paths', 'no such file: /a.csv', 'no such file: /data/b.csv'],
    ['relative paths', 'cannot read ./out/a/model.pt', 'cannot read ../old/b/model.pt'],
    ['home', 'cannot read ~/a/x', 'cannot read ~/b/y/z'],
    ['bare relative paths', 'cannot read out/a/model.pt', 'cannot read tmp/b/c/model.pt'],
    ['Windows paths', 'cannot read C:\\data\\a.csv', 'cannot read D:\\x\\y\\b.csv'],
    ['places in programs', 'File "/a/b/train.py", line 12', 'File "/c/d/eval.py", line 7'],
    ['hashes', 'bad object 3f2a9c1d', 'bad object a9e04bb712fd'],
    [
      'long hashes of digits or letters only',
      'bad object 1234567890123456789012345678901234567890',
      'bad object abcdefabcdefabcdefabcdefabcdefabcdefabcd',
    ],
    [
      'identifiers',
      'job 550e8400-e29b-41d4-a716-446655440000 not found',
      'job F47AC10B-58cc-4372-a567-0e02b2c3d479 not found',
    ],
    ['addresses of memory', '<Model object at 0x7f3b2c1d>', '<Model object at 0x55a0>'],
    ['times', '2024-01-02T03:04:05.678Z failed', '2025-11-30T13:14:15.1Z failed'],
    ['hosts', 'connect to 10.0.0.1:6379 failed', 'connect to 192.168.1.77:80 failed'],
    ['URLs', 'GET https://a.org/x/1?page=2 failed', 'GET https://a.org/y/z failed'],
    ['temporary names', 'cannot lock /tmp/tmpab3x_9k/lock', 'cannot lock /tmp/tmpzz81p_q/lock'],
  ])('is the same for different %s', (_, one, other) => {
    expect(kindOf(one)).not.toBe('');
    expect(kindOf(one)).toBe(kindOf(other));
  });

  it.each<[string, string]>([
    ['ValueError: lr too large', 'ValueError: lr too small'],
    ['out of memory', 'out of disk'],
    ['No module named torch', 'No module named numpy'],
    ["KeyError: 'decade'", "KeyError: 'facade'"],
    ['and/or is ambiguous', 'input/output error'],
    ['cannot divide', 'cannot divide /tmp/x'],
  ])('tells %j from %j', (one, other) => {
    expect(kindOf(one)).not.toBe(kindOf(other));
  });

  it('shows what was folded', () => {
    expect(kindOf('ValueError: lr 0.1 of /data/run_3/conf.json')).toBe(
      'ValueError: lr <n> of <path>',
    );
    expect(kindOf('RuntimeError: CUDA error 700 at 0x7f00')).toBe(
      'RuntimeError: CUDA error <n> at <n>',
    );
    expect(kindOf('sh: 1: trian: not found')).toBe('sh: <n>: trian: not found');
    expect(kindOf('utf8 model_v2 of node7~1')).toBe('utf<n> model_v<n> of node<n>~<n>');
  });

  it('is at most 160 characters, whole ones, and quick however long the line is', () => {
    const long = signature(failure(`${'é'.repeat(50)}${'🙂'.repeat(500)}`));
    expect(long.length).toBeLessThanOrEqual(160);
    expect(long).not.toMatch(/\p{Cs}/u);
    expect(signature(failure('a/'.repeat(5000))).length).toBeLessThanOrEqual(160);
    expect(signature(failure('0'.repeat(100_000))).length).toBeLessThanOrEqual(160);
  });
});
