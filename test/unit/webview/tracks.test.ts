import { expect, it } from 'vitest';
import { tracksOf } from '../../../webview/tracks';

it('gives each column the room that its texts take, and shares out what there is besides', () => {
  expect(tracksOf([{ width: 40 }, { width: 10 }])).toEqual({
    tracks: '2em minmax(23em, 40fr) minmax(6.5em, 10fr)',
    least: '31.5em',
  });
});
