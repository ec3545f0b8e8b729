import * as z from 'zod/mini';

/** A kind of value: what is accepted, how people are told so, how it is read from text. */
export interface Kind<S extends z.ZodMiniType> {
  schema: S;
  /** Continues "must be …" in messages, and stands in the reference. */
  expected: string;
  /** Reads a value of the environment. What it cannot read stays text, which the schema refuses. */
  read(text: string): unknown;
}

/** A number from `from` to `to`, both included; `unit` in the plural. */
export function number(from: number, to: number, unit?: string): Kind<z.ZodMiniNumber<number>> {
  const schema = z.number().check(z.gte(from), z.lte(to));
  return { schema, expected: range('a number', from, to, unit), read: readNumber };
}

/** A whole number from `from` to `to`, both included; `unit` in the plural. */
export function whole(from: number, to: number, unit?: string): Kind<z.ZodMiniNumberFormat> {
  const schema = z.int().check(z.gte(from), z.lte(to));
  return { schema, expected: range('a whole number', from, to, unit), read: readNumber };
}

export function flag(): Kind<z.ZodMiniBoolean<boolean>> {
  return { schema: z.boolean(), expected: 'true or false', read: readFlag };
}

/**
 * Text in which `remedyFor` finds no fault. What it returns ends the message: one sentence that says
 * what to write instead, or nothing if `expected` says it already.
 */
export function text(
  expected: string,
  remedyFor: (value: string) => string | undefined = () => undefined,
): Kind<z.ZodMiniString<string>> {
  const faultOf = (value: string) =>
    UNFIT.test(value) ? 'Remove the line break or NUL in it' : remedyFor(value);
  return { schema: z.string().check(faultless(faultOf)), expected, read: found => found };
}

/** A value without what `remedyFor` finds; the remedy ends the message. */
function faultless<V>(remedyFor: (value: V) => string | undefined) {
  return z.superRefine<V>((value, context) => {
    const remedy = remedyFor(value);
    if (remedy !== undefined)
      context.addIssue({ code: 'custom', input: value, params: { remedy } });
  });
}

type Texts = z.ZodMiniArray<z.ZodMiniString<string>>;

/** Texts in which `remedyFor` finds no fault; in the environment with commas between them. */
export function list(
  expected: string,
  remedyFor: (values: readonly string[]) => string | undefined,
): Kind<Texts> {
  return { schema: z.array(z.string()).check(faultless(remedyFor)), expected, read: readList };
}

/** Such a list, or true or false. */
export function flagOrList(
  expected: string,
  remedyFor: (values: readonly string[]) => string | undefined,
): Kind<z.ZodMiniUnion<readonly [z.ZodMiniBoolean<boolean>, Texts]>> {
  const schema = z
    .union([z.boolean(), z.array(z.string())])
    .check(faultless(value => (typeof value === 'boolean' ? undefined : remedyFor(value))));
  const read = (found: string) => {
    const flag = readFlag(found);
    return typeof flag === 'boolean' ? flag : readList(found);
  };
  return { schema, expected, read };
}

/** Text of at most `longest` characters that `pattern` matches whole. */
export function matching(
  expected: string,
  pattern: RegExp,
  longest: number,
): Kind<z.ZodMiniString<string>> {
  return text(expected, value => (value.length <= longest && pattern.test(value) ? undefined : ''));
}

/** One of a few words. */
export function oneOf<const W extends readonly [string, ...string[]]>(
  ...words: W
): Kind<z.ZodMiniEnum<z.core.util.ToEnum<W[number]>>> {
  const quoted = words.map(word => `"${word}"`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return { schema: z.enum(words), expected, read: found => found.trim() };
}

/** Paths travel to lanes line by line, and names are shown on one line. */
const UNFIT = /[\0\r\n]/;

function range(noun: string, from: number, to: number, unit: string | undefined): string {
  const [least, most] = [from, to].map(bound => bound.toLocaleString('en-US'));
  return `${noun}${unit ? ` of ${unit}` : ''} from ${least} to ${most}`;
}

function readNumber(found: string): unknown {
  return /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(found.trim()) ? Number(found) : found;
}

function readFlag(found: string): unknown {
  const words = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return words.get(found.trim().toLowerCase()) ?? found;
}

function readList(found: string): string[] {
  return found.split(',').map(each => each.trim());
}
