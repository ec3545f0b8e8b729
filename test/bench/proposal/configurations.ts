/** The optimisations of the proposal: all off, each alone, all but each, all on. */

/** Values of settings that switch each of them on, and off. */
const SWITCHES = {
  pipeline: { on: { pipeline: true }, off: { pipeline: false } },
  'adaptive polling': { on: { adaptive_polling: true }, off: { adaptive_polling: false } },
  'wake-up': { on: { wakeup: true }, off: { wakeup: false } },
  prefetch: { on: { prefetch: 4 }, off: { prefetch: 0 } },
  lanes: { on: { lanes: true }, off: { lanes: false } },
} as const;

export type Optimisation = keyof typeof SWITCHES;

/** Where nothing is started, lanes are nothing that could be on. */
export const WITHOUT_LANES = ['pipeline', 'adaptive polling', 'wake-up', 'prefetch'] as const;

export interface Configuration {
  name: string;
  on: ReadonlySet<Optimisation>;
  /** As in conf.json. */
  conf: Record<string, unknown>;
}

function configuration(name: string, on: Iterable<Optimisation>): Configuration {
  const those = new Set(on);
  const parts = Object.entries(SWITCHES).map(([optimisation, { on, off }]) =>
    those.has(optimisation as Optimisation) ? on : off,
  );
  return { name, on: those, conf: Object.assign({}, ...parts) };
}

/** What there is to switch, in every way that the table has. */
export function configurations(optimisations: readonly Optimisation[]): Configuration[] {
  return [
    configuration('all off', []),
    ...optimisations.map(one => configuration(`${one} alone`, [one])),
    ...optimisations.map(one =>
      configuration(
        `all but ${one}`,
        optimisations.filter(other => other !== one),
      ),
    ),
    configuration('all on', optimisations),
  ];
}
