import { UsageError } from './exit';

/** The first digits of a task's id, as people copy them. Throws UsageError. */
export function checkedId(text: string): string {
  if (/^[0-9a-f]{4,12}$/i.test(text)) return text.toLowerCase();
  throw new UsageError(`A task id is 4 to 12 hexadecimal digits, found "${text}".`);
}
