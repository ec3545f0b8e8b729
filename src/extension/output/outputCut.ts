/** The ends of two streams that fit one document, which is sent whole at every change. Pure. */

export interface CutText {
  text: string;
  /** Whether there was more in front of it. */
  cut: boolean;
}

/** The end of a text, from a whole line on if there is one, in at most so many bytes. */
export function endOf(text: string, bytes: number): CutText {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return { text, cut: false };
  const end = whole.subarray(whole.length - bytes);
  const newline = end.indexOf('\n');
  const isLast = newline < 0 || newline === end.length - 1;
  return { text: end.toString('utf8', isLast ? firstCharacter(end) : newline + 1), cut: true };
}

/** The ends of both: half of the room for each, and what the shorter one leaves for the longer one. */
export function endsOf(one: string, other: string, bytes: number): [CutText, CutText] {
  const half = Math.floor(bytes / 2);
  const [left, right] = [Buffer.byteLength(one), Buffer.byteLength(other)];
  const room = (others: number) => Math.max(half, bytes - others);
  return [endOf(one, room(right)), endOf(other, room(left))];
}

/** Not in the middle of a character. */
function firstCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}
