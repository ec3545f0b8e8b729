/** The charts, one cursor over all of them, each with its sentence. */
import uPlot from 'uplot';
import type { Chart, Charts, Series } from '../src/protocol';
import { element, setText } from './element';
import { merged } from './mergeCharts';
import { words } from './words';

const HEIGHT = 140;
const SYNC = 'dashboard';

export class ChartsPart {
  readonly root = element('section', { class: 'charts' });
  #charts: Charts | undefined;
  #shown: ChartView[] = [];

  constructor() {
    new ResizeObserver(() => this.#resize()).observe(this.root);
    // Colours of a canvas do not follow the theme by themselves.
    new MutationObserver(() => this.#build()).observe(document.body, {
      attributes: true,
      attributeFilter: ['class'],
    });
  }

  show(charts: Charts): void {
    const rebuild = this.#charts?.charts.length !== charts.charts.length;
    this.#charts = charts;
    if (rebuild) this.#build();
    else this.#update();
  }

  /** The last minutes again, and new ones. */
  extend(latest: Charts): void {
    if (!this.#charts || this.#charts.period !== latest.period) return;
    this.show(merged(this.#charts, latest));
  }

  /** Those that are shown are of another queue. */
  forget(): void {
    this.#charts = undefined;
    this.#build();
  }

  #build(): void {
    for (const view of this.#shown) view.destroy();
    this.#shown = (this.#charts?.charts ?? []).map(chart => new ChartView(chart));
    this.root.replaceChildren(...this.#shown.map(view => view.root));
    this.#resize();
    this.#update();
  }

  #update(): void {
    const { charts = [], times = [] } = this.#charts ?? {};
    charts.forEach((chart, i) => {
      this.#shown[i]?.update(times, chart);
    });
  }

  #resize(): void {
    for (const view of this.#shown) view.resize();
  }
}

class ChartView {
  readonly root: HTMLElement;
  readonly #frame = element('div', { class: 'plot', 'aria-hidden': 'true' });
  readonly #sentence = element('p', { class: 'sentence' });
  readonly #plot: uPlot;

  constructor(chart: Chart) {
    this.root = element(
      'figure',
      { class: 'chart' },
      element('figcaption', {}, chart.title),
      this.#frame,
      this.#sentence,
    );
    this.#plot = new uPlot(optionsOf(chart), [[]], this.#frame);
  }

  update(times: readonly number[], { series, sentence }: Chart): void {
    this.#plot.setData([[...times], ...series.map(({ values }) => [...values])]);
    setText(this.#sentence, sentence);
  }

  resize(): void {
    const width = this.#frame.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  destroy(): void {
    this.#plot.destroy();
  }
}

function optionsOf({ series }: Chart): uPlot.Options {
  const axis = {
    stroke: color('foreground'),
    grid: { stroke: color('grid'), width: 0.5 },
    ticks: { show: false },
  };
  return {
    width: 300,
    height: HEIGHT,
    // A time at the end of the axis is half beyond it.
    padding: [8, 18, 0, 0],
    cursor: { sync: { key: SYNC }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, (max || 1) * 1.1] } },
    axes: [
      {
        ...axis,
        size: 30,
        space: 80,
        grid: { show: false },
        values: (_, times) => times.map(hourAndMinute),
      },
      { ...axis, size: 46, values: (_, values) => values.map(formatted) },
    ],
    series: [{ label: 'time', value: clock }, ...series.map(seriesOptions)],
  };
}

function seriesOptions({ label, color: name }: Series): uPlot.Series {
  return {
    label,
    stroke: color(name),
    width: 1.5,
    points: { size: 4 },
    value: (_, value) => (value === null ? '–' : formatted(value)),
  };
}

const hourAndMinute = (seconds: number) =>
  new Date(seconds * 1000).toLocaleTimeString(words.language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });

const clock = (_: uPlot, seconds: number | null) =>
  seconds === null ? '–' : hourAndMinute(seconds);

const formatted = (value: number) =>
  value.toLocaleString(words.language, { maximumSignificantDigits: value < 100 ? 3 : 6 });

const VARIABLES: Record<Series['color'] | 'grid', string> = {
  green: '--vscode-charts-green',
  red: '--vscode-charts-red',
  blue: '--vscode-charts-blue',
  foreground: '--vscode-foreground',
  grid: '--vscode-charts-lines',
};

function color(name: keyof typeof VARIABLES): string {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(VARIABLES[name]).trim() || style.color;
}
