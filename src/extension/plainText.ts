/** Text of others as a quick pick shows it: `$(date)` would be taken for an icon. */
export const plain = (text: string) => text.replaceAll('$(', '\\$(');
