#!/usr/bin/env node
/**
 * Stands in for a desktop VS Code under @vscode/test-electron: takes its arguments, runs the suite
 * in the extension host of a workbench in Chromium, and ends with the suite's exit code.
 * Arguments: `[workspace] --extensionDevelopmentPath=… --extensionTestsPath=…`, others are ignored.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { format, parseArgs } from 'node:util';
import { openPage } from './browser.mjs';
import { startServer } from './server.mjs';

/** A suite that says nothing for so long hangs. */
const SILENCE_MS = 5 * 60_000;
/** What the suite prints begins so, see suite/index.ts. */
const SUITE_SAYS = '[suite] ';
const artefacts = join(import.meta.dirname, '..', '..', '..', 'artefacts');

const { values, positionals } = parseArgs({ strict: false, allowPositionals: true });
const log = [];
const server = await startServer({ suite: true });
const { browser, page } = await openPage();
try {
  process.exitCode = await runSuite();
} catch (error) {
  console.error(`The suite did not end: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (process.exitCode !== 0) await keepEvidence();
  await browser.close();
  await server.stop();
}

/** Resolves to the suite's exit code; rejects when the workbench cannot bring it to an end. */
async function runSuite() {
  let alarm;
  try {
    return await new Promise((end, fail) => {
      const heard = () => {
        clearTimeout(alarm);
        alarm = setTimeout(fail, SILENCE_MS, new Error(`nothing was heard for ${SILENCE_MS} ms`));
      };
      server.ended.then(() => fail(new Error("VS Code's server ended")));
      page.on('crash', () => fail(new Error('the page crashed')));
      page.on('close', () => fail(new Error('the page closed')));
      heard();
      openWorkbench({ heard, end }).catch(fail);
    });
  } finally {
    clearTimeout(alarm);
  }
}

async function openWorkbench({ heard, end }) {
  await page.exposeFunction('codeAutomationLog', (_type, args) => {
    heard();
    const text = format(...args);
    log.push(text);
    // The workbench speaks of itself here too: that goes to the log alone.
    if (text.startsWith(SUITE_SAYS)) console.log(text.slice(SUITE_SAYS.length));
  });
  await page.exposeFunction('codeAutomationExit', code => end(code));
  await page.goto(workbenchAddress());
}

function workbenchAddress() {
  const remote = path => `vscode-remote://remote${encodeURI(resolve(path))}`;
  const payload = ['extensionDevelopmentPath', 'extensionTestsPath'].map(name => {
    if (typeof values[name] !== 'string') throw new Error(`--${name}=… is missing`);
    return [name, remote(values[name])];
  });
  const address = new URL(server.url);
  if (positionals[0]) address.searchParams.set('folder', resolve(positionals[0]));
  address.searchParams.set('payload', JSON.stringify(payload));
  return address.href;
}

async function keepEvidence() {
  await mkdir(artefacts, { recursive: true });
  await writeFile(join(artefacts, 'vscode-suite.log'), [...log, server.output()].join('\n'));
  await page.screenshot({ path: join(artefacts, 'vscode-suite.png') }).catch(() => undefined);
  console.error(`See ${artefacts}: vscode-suite.png, vscode-suite.log`);
}
