import { describe, expect, it } from 'vitest';
import { readable, withoutTerminalSequences } from '../../../src/tasks/terminalText';

describe('output made readable', () => {
  it('loses colours, cursor movements and titles', () => {
    const text = '\u001b]0;title\u0007\u001b[1;31mred\u001b[0m \u001b[2Kend\u001b7';
    expect(withoutTerminalSequences(text)).toBe('red end');
    expect(readable(`${text}\n`)).toBe('red end\n');
  });

  it('shows of a progress bar what stood there last', () => {
    expect(readable('10%\r20%\r100%\ndone\r\n')).toBe('100%\ndone\n');
    expect(readable('10%\r20%\r')).toBe('20%');
    expect(readable('\r\n\r\r\n')).toBe('\n\n');
  });

  it('keeps tabs, line feeds and what people write', () => {
    const text = 'a\tb\n\u00e9 \u4e2d \ud83d\udc69\u200d\ud83d\udd2c\n';
    expect(readable(text)).toBe(text);
  });

  it('shows other controls, other line ends and turns of direction as pictures', () => {
    expect(readable('a\u0000b\u0007\u007f')).toBe('a␀b␇␡');
    expect(readable('a\u0085b\u2028c\u2029')).toBe('a<U+0085>b<U+2028>c<U+2029>');
    expect(readable('\u202eabc\u2066')).toBe('<U+202E>abc<U+2066>');
  });
});
