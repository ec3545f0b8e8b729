/**
 * The dashboard's page. It shows what its host sends and asks it for what a person wants: nothing is
 * decided here. It imports `src/protocol.ts` and nothing else of the extension.
 */
import { PERIODS, type Period } from '../src/protocol';
import { ChartsPart } from './charts';
import { element } from './element';
import { FailuresPart } from './failures';
import { onMessage, savedState, saveState, send } from './host';
import { OverviewPart } from './overview';
import { registerComponents } from './toolkit';

const PERIOD_WORDS: Record<Period, string> = {
  5: 'last 5 min',
  15: 'last 15 min',
  60: 'last hour',
  360: 'last 6 h',
  1440: 'last 24 h',
};

function start(): void {
  registerComponents();
  const overview = new OverviewPart();
  const charts = new ChartsPart();
  const failures = new FailuresPart();
  let period: Period = savedState()?.period ?? 15;
  const chooser = periodChooser(period, chosen => {
    period = chosen;
    saveState({ period });
    send({ kind: 'period', period });
  });
  document.getElementById('dashboard')?.append(overview.root, chooser, charts.root, failures.root);
  onMessage(message => {
    if (message.kind === 'overview') overview.show(message.overview);
    else if (message.kind === 'failures') failures.show(message.failures);
    else if (message.charts.period !== period) return;
    else if (message.kind === 'charts') charts.show(message.charts);
    else charts.extend(message.charts);
  });
  send({ kind: 'ready', period });
}

function periodChooser(chosen: Period, onChoice: (period: Period) => void): HTMLElement {
  const dropdown = document.createElement('vscode-dropdown');
  dropdown.setAttribute('aria-label', 'Time that the charts show');
  for (const period of PERIODS) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', String(period));
    if (period === chosen) option.setAttribute('selected', '');
    option.textContent = PERIOD_WORDS[period];
    dropdown.append(option);
  }
  dropdown.addEventListener('change', () => {
    const value = 'value' in dropdown ? Number(dropdown.value) : Number.NaN;
    const period = PERIODS.find(each => each === value);
    if (period !== undefined) onChoice(period);
  });
  return element('div', { class: 'controls' }, dropdown);
}

start();
