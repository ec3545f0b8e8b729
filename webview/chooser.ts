import { element } from './element';

/** A drop-down list: `options` are values with what is said of them. */
export function chooser<T extends string>(
  label: string,
  options: readonly (readonly [value: T, text: string])[],
  chosen: T,
  onChoice: (value: T) => void,
): HTMLElement {
  const dropdown = element('vscode-dropdown', { 'aria-label': label });
  for (const [value, text] of options) {
    const option = element('vscode-option', { value }, text);
    if (value === chosen) option.setAttribute('selected', '');
    dropdown.append(option);
  }
  dropdown.addEventListener('change', () => {
    const found = options.find(([value]) => 'value' in dropdown && dropdown.value === value);
    if (found) onChoice(found[0]);
  });
  return dropdown;
}
