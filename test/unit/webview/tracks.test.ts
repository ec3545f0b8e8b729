import { expect, it } from 'vitest';
import { tracksOf } from '../../../webview/tracks';

it('gives long texts the room that figures do not need', () => {
  const columns = [
    { id: 'command', title: 'Command', isWide: true as const, isSortable: true },
    { id: 'worker', title: 'Worker', isSortable: true },
    { id: 'attempts', title: 'Attempts', isFigure: true as const, isSortable: true },
  ];
  expect(tracksOf(columns)).toEqual({
    tracks: '2em minmax(12em, 3fr) minmax(6em, 1.5fr) minmax(5.5em, 1fr)',
    least: '25.5em',
  });
});
