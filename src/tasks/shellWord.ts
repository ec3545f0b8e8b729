/** One word of a shell, whatever is in the text: between single quotes every byte but the quote itself stands as it is. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
