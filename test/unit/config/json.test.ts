import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/config/json';
import { ConfigError, loadConfig } from '../../../src/config/schema';

function faultOf(text: string): string {
  const parsed = parseJson(text);
  if (!('fault' in parsed)) throw new Error(`${text} is JSON`);
  const { line, column, message } = parsed.fault;
  return `${line}:${column} ${message}`;
}

describe('a conf.json that is no JSON', () => {
  it.each([
    ['{"a": 1,\n}', '2:1 expected a name in double quotes, found "}". Remove the comma before it'],
    ['{\r\n  "a": [1, ]\r\n}', '2:12 expected a value, found "]". Remove the comma before it'],
    ['{"a": 1\n "b": 2}', '2:2 expected a comma or }, found "\\"". Put a comma before it'],
    ['{"a" 1}', '1:6 expected a colon, found "1"'],
    ["{'a': 1}", '1:2 expected a name in double quotes or }, found "\'". Use double quotes'],
    ['{"a": True}', '1:7 expected a value, found "T". Write true'],
    ['{"a": None}', '1:7 expected a value, found "N". Write null'],
    ['{"a": 1} // x', '1:10 expected nothing more, found "/". JSON has no comments: remove it'],
    ['# x\n{}', '1:1 expected a value, found "#". JSON has no comments: remove it'],
    ['{"a": 1', '1:8 expected a comma or }, found the end of the file'],
    ['', '1:1 expected a value, found the end of the file'],
    ['{"a": 01}', '1:8 expected a comma or }, found "1"'],
    [
      '{"a": "C:\\dir"}',
      '1:7 expected a value, found "\\"". Close the text with a quote on the same line, and double every backslash in it',
    ],
    [
      '{"a": "open\n}',
      '1:7 expected a value, found "\\"". Close the text with a quote on the same line, and double every backslash in it',
    ],
    ['{"a": [1}', '1:9 expected a comma or ], found "}"'],
    ['{"redis_pass": secret}', '1:16 expected a value, found "s"'],
  ])('%j: says where, what stands there and what should', (text, expected) => {
    expect(faultOf(text)).toBe(expected);
  });

  it('stops loading with the name of the file', () => {
    const load = () =>
      loadConfig({ conf: { text: '{"lanes": tru}', where: 'my.json' } }, { memoryGb: 8, cores: 2 });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow('my.json, line 1, column 11: expected a value, found "t"');
  });

  it('is reported together with wrong values of other sources', () => {
    const sources = {
      conf: { text: '[]', where: 'conf.json' },
      environment: { DISTCOMP_LANES: 'x' },
    };
    expect(() => loadConfig(sources, { memoryGb: 8, cores: 2 })).toThrow(
      'conf.json: expected settings between { and }, found a list\nDISTCOMP_LANES must be true or false, found "x"',
    );
  });

  it('has its fault inside the text, behind a part that JSON could begin with', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.nat(3), fc.constantFrom('', ',', '"', '}', 'x', '1', '\\'))
      .map(([json, at, removed, inserted]) => {
        const index = at % (json.length + 1);
        return json.slice(0, index) + inserted + json.slice(index + removed);
      });
    fc.assert(
      fc.property(damaged, text => {
        const parsed = parseJson(text);
        if ('value' in parsed) return;
        const lines = text.split('\n');
        const { line, column } = parsed.fault;
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        const good = [...lines.slice(0, line - 1), (lines[line - 1] ?? '').slice(0, column - 1)];
        const before = parseJson(good.join('\n'));
        if ('fault' in before) expect(before.fault.message).toContain('found the end of the file');
      }),
      { numRuns: 2000 },
    );
  });
});
