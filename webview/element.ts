/** An element with attributes and children. Text is only ever text: others wrote what is shown. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K];
/** A component. */
export function element(
  tag: `vscode-${string}`,
  attributes?: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElement;
export function element(
  tag: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Changes the text of an element only when it differs, so that a screen reader says it once. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
