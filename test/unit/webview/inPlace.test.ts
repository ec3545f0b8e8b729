import { expect, it } from 'vitest';
import { inPlace } from '../../../webview/inPlace';

const rows = (ids: string) => [...ids].map(id => ({ id }));
const placed = (now: string, before: string) =>
  inPlace(rows(now), [...before])
    .map(({ id }) => id)
    .join('');

it.each([
  ['others come behind those that stood there', 'cab', 'ab', 'abc'],
  ['what has left leaves the others as they stood', 'ca', 'abc', 'ac'],
  ['without any before, all come as they are', 'ba', '', 'ba'],
])('%s', (_, now, before, expected) => {
  expect(placed(now, before)).toBe(expected);
});
