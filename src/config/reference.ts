import { aboutSettings, SETTING_GROUPS } from './settings';

/** The tables of `docs/configuration.md`: a test holds the page against them. */
export function configurationReference(): string {
  return SETTING_GROUPS.map(group => {
    const rows = Object.entries(group.settings).map(([key, schema]) => {
      const about = aboutSettings.get(schema);
      return [`\`${key}\``, about?.description, about?.expected, about?.byDefault].map(String);
    });
    return `## ${group.title}\n\n${table([['Key', 'What it does', 'Value', 'Default'], ...rows])}`;
  }).join('\n');
}

/** Columns padded as the formatter pads them, so that it leaves the page alone. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(cells => cells[column]?.length ?? 0)),
  );
  const [header, ...others] = rows.map(cells =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)),
  );
  const ruler = widths.map(width => '-'.repeat(width));
  return [header ?? [], ruler, ...others].map(cells => `| ${cells.join(' | ')} |\n`).join('');
}
