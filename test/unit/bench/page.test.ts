import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { benchmarkPage } from '../../bench/suite/page';
import { result } from './sample';

const inProject = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const page = (races: string) =>
  benchmarkPage('performance', { races: result }, { performance: '# Speed\n', races });

describe('the page', () => {
  it('has the numbers of the run where its prose names them', () => {
    const said = page(
      '## Races\n\nThe hare runs {{median race | rate | hare}} tasks a second, {{ratio race | rate | hare | tortoise}} times ' +
        'the tortoise, for {{difference race | cpu | hare | tortoise}} ms more.\n',
    );
    expect(said).toContain('\n# Speed\n\n## Races\n\n');
    expect(said).toContain(
      'The hare runs 210 tasks a second, 2.1 times the tortoise, for 3 ms more.\n',
    );
  });

  it('has tables of the machine, the goals and a contest', () => {
    const said = page('{{machine}}\n\n{{goals}}\n\n{{contest race}}');
    expect(said).toMatch(
      /\| Some CPU +\| +2 \| +6\.1 \| 20\.20\.2 \| 7\.0\.15 \| 2026-11-29 \| 61\.4 s \|/,
    );
    expect(said).toMatch(/\| the snail moves .* reached \|/);
    expect(said).toMatch(/\| tortoise +\| +100 /);
  });

  it('is not made when its prose asks for what was not measured', () => {
    expect(() => page('{{median race | rate | fox}}')).toThrow('no samples of race, rate, fox');
    expect(() => page('{{contest swim}}')).toThrow('no contest is called swim');
    expect(() => page('{{mean race | rate | hare}}')).toThrow('no placeholder is called {{mean');
    expect(() => benchmarkPage('head', { races: result }, { head: '' })).toThrow(
      'races.md is missing',
    );
  });
});

describe.each(['performance', 'scaling'])('docs/%s.md', name => {
  it('is what its JSON and the prose make; -u writes it', async () => {
    const folder = inProject('test/bench/pages');
    const prose = readdirSync(folder).map(file => [
      basename(file, '.md'),
      readFileSync(join(folder, file), 'utf8'),
    ]);
    const results = JSON.parse(readFileSync(inProject(`docs/${name}.json`), 'utf8'));
    const made = benchmarkPage(name, results, Object.fromEntries(prose));
    await expect(made).toMatchFileSnapshot(inProject(`docs/${name}.md`));
  });
});
