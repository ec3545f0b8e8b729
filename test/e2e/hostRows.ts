import { until } from '../setup/until';
import type { Tree } from './tree';
import type { Workbench } from './workbench';

/** The Hosts view, as a person uses it. */
export class HostRows {
  constructor(private readonly workbench: Workbench) {}

  get tree(): Tree {
    return this.workbench.tree('Hosts');
  }

  /** Takes an item from the menu of exactly these. */
  async on(names: string[], item: string): Promise<void> {
    await this.tree.select(names);
    await this.tree.contextMenu(names, item);
  }

  /** What stands behind each host. */
  async standings(): Promise<Record<string, string>> {
    const rows = await this.tree.rows();
    return Object.fromEntries(rows.map(({ label, description }) => [label, description]));
  }

  /** Until what stands behind these begins with that. */
  async until(wanted: Record<string, string>): Promise<void> {
    await until(
      async () => {
        const found = await this.standings();
        return Object.entries(wanted).every(([name, text]) => found[name]?.startsWith(text));
      },
      {
        describe: async () =>
          `${JSON.stringify(wanted)}, found ${JSON.stringify(await this.standings())}`,
      },
    );
  }

  /** Ends the workers there, after the question. */
  async stop(names: string[]): Promise<void> {
    await this.on(names, 'Stop Workers on Hosts…');
    await this.workbench.answerDialog('Stop');
    await this.until(Object.fromEntries(names.map(name => [name, 'no worker'])));
  }
}
