import { l10n } from 'vscode';

/** Why a table does not follow what happens. */
export const heldWords = (): string =>
  l10n.t('Stands still while you point at it, select or read further down.');
