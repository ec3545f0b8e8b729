import fc from 'fast-check';
import type { Task } from '../../../src/tasks/task';

export type TaskParts = Omit<Task, 'line'>;

/** Any text that a line may hold. */
export const validLineText = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map(text => text.replace(/[\0\r\n]/g, ' '));

const quotesAndColons = fc
  .array(fc.constantFrom("'", '"', '\\', '$', '`', ':', '1', 'é', '%s', '\\n', ' ', '-', '!'))
  .map(parts => parts.join(''));

export const command = fc.oneof(validLineText, quotesAndColons).filter(text => text.trim() !== '');

/** The parts of a valid task, independent of each other but for one rule of the grammar. */
export const taskParts: fc.Arbitrary<TaskParts> = fc
  .record({
    type: fc.constantFrom('shell', 'python', 'demo'),
    priority: fc.nat(1_000_000_000),
    memoryGb: fc.nat(1_000_000),
    cpu: fc.nat(100_000),
    timeoutSeconds: fc.option(fc.nat(2_000_000), { nil: undefined }),
    command,
  })
  .filter(parts => parts.timeoutSeconds !== undefined || !/^[0-9]+:/.test(parts.command));

export function lineOf(parts: TaskParts): string {
  const fields = [parts.type, parts.priority, parts.memoryGb, parts.cpu];
  if (parts.timeoutSeconds !== undefined) fields.push(parts.timeoutSeconds);
  return [...fields, parts.command].join(':');
}
