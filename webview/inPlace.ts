/** Those that were there before in the order in which they stood; then the others, as they come. */
export function inPlace<T extends { id: string }>(
  rows: readonly T[],
  before: readonly string[],
): T[] {
  const byId = new Map(rows.map(row => [row.id, row]));
  const stay = before.flatMap(id => byId.get(id) ?? []);
  const known = new Set(before);
  return [...stay, ...rows.filter(({ id }) => !known.has(id))];
}
