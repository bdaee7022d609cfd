import { randomBytes } from 'node:crypto';
import { styleText } from 'node:util';
import type { Secret } from '../secret.js';
import { withoutKnown } from '../secrets/mask-secrets.js';
import { loseOutput } from './lost-output.js';

/** How text may be dressed: `plain` without a TTY, with --no-color or NO_COLOR. */
export type Dress = 'color' | 'plain';

type Style = Parameters<typeof styleText>[0];

/** Stands for the escape character in our own styles: nobody else's text can know it. */
const own = `\u001b${randomBytes(8).toString('hex')}[`;
const ownStyle = new RegExp(`${own.replace('[', '\\[')}([0-9;]{1,16})m`, 'g');

/** Styles `text` unless dress is plain. What it gives is for `print`: no terminal understands it before. */
export function dressed(dress: Dress, style: Style, text: string): string {
  if (dress === 'plain') return text;
  // Whatever is in the text is not ours: only what stands around it becomes a style.
  const [open, close] = styleText(style, '|', { validateStream: false })
    .replaceAll('\u001b[', own)
    .split('|');
  return `${open}${text}${close}`;
}

/**
 * What a terminal does not show as a character of its own but obeys: control characters (C0 without tab and line feed,
 * DEL, C1), what turns the direction of writing, has no width, or breaks lines in a way of its own.
 */
const obeyed = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
};

/** Texts that nobody is to see, wherever they turn up; the same within JSON as well. */
let hidden: readonly string[] = [];

/** From now on these are masked on the terminal and in journals. */
export function hide(secrets: readonly Secret[]): void {
  const texts = secrets.map((secret) => secret.reveal());
  hidden = [...new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))];
}

/** Text without what is hidden. */
export const withoutHidden = (text: string): string => withoutKnown(text, hidden);

/** Text without what is hidden, and with everything made visible that a terminal would obey, but for our own styles, which become what it understands. */
export const visible = (text: string): string =>
  withoutHidden(text)
    .split(ownStyle)
    .map((part, index) => (index % 2 === 0 ? part.replace(obeyed, escaped) : `\u001b[${part}m`))
    .join('');

/** JSON of `value` that is the same for whoever reads it, and in which nothing is left that a terminal would obey. */
export const jsonText = (value: unknown, spaces = 0): string =>
  JSON.stringify(value, null, spaces).replace(obeyed, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );

/** What podstrap's own texts have beyond ASCII, for terminals whose locale has no such characters. */
const plainer: Readonly<Record<string, string>> = {
  ...{ '✔': 'v', '✖': 'x', '→': '>', '·': '-', '…': '...', '█': '#', '░': '.' },
  ...{ '’': "'", '‘': "'", '“': '"', '”': '"', '–': '-', '—': '-', '×': 'x' },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether whoever reads can read Unicode: by the locale, as POSIX has it. */
export function readsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment, isTerminal: boolean): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  // What goes into a file or to another program is UTF-8 unless somebody asked for something else.
  return locale === undefined ? !isTerminal : /utf-?8/i.test(locale);
}

/** Text in ASCII: our own marks by what they mean, anybody else's characters as question marks. */
export const inAscii = (text: string): string =>
  text.replace(/[^\p{ASCII}]/gu, (character) => plainer[character] ?? '?');

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Text for people as a stream gets it. */
export const shownOn = ({ isTTY }: Pick<Stream, 'isTTY'>, text: string): string =>
  readsUnicode(process.env, isTTY === true) ? visible(text) : inAscii(visible(text));

/** How wide a terminal is; undefined for what is none, or whose width nobody knows. */
export const widthOf = ({ isTTY, columns = 0 }: Pick<Stream, 'isTTY' | 'columns'>): number | undefined =>
  isTTY === true && columns > 0 ? columns : undefined;

/** Whether a terminal can be drawn on: it obeys, and its size is known. */
export const canDraw = (stream: Pick<Stream, 'isTTY' | 'columns'>): boolean =>
  widthOf(stream) !== undefined && process.env['TERM'] !== 'dumb';

/** Characters that are seen of a text: our own styles are none. */
export const lengthOf = (text: string): number => [...text.replace(ownStyle, '')].length;

/** A line that goes on below, set in, where it would be wider than the terminal: between words, so that none is cut. */
export function wrapped(line: string, columns: number, indent: string): readonly string[] {
  if (lengthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let last = /^ */.exec(line)![0];
  for (const word of line.trimStart().split(' ')) {
    const fits = lengthOf(last) + 1 + lengthOf(word) <= columns;
    if (last.trim() === '') last += word;
    else if (fits) last += ` ${word}`;
    else {
      lines.push(last.trimEnd());
      last = `${indent}${word}`;
    }
  }
  return [...lines, last.trimEnd()];
}

/** Lines of prose, broken between words where they are wider than the terminal; as they are where its width is unknown. */
export const paragraphs = (text: string, width: number | undefined): string =>
  width === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => wrapped(line, width, ''))
        .join('\n');

/** As much of a line as a terminal shows in one row, our own styles aside. */
export function clipped(line: string, columns: number): string {
  const parts = line.split(ownStyle);
  let room = columns;
  return parts
    .map((part, index) => {
      if (index % 2 === 1) return `${own}${part}m`;
      const kept = [...part].slice(0, room);
      room -= kept.length;
      return kept.join('');
    })
    .join('');
}

/** The only ways for text to the terminal, whoever it is from. */
export const print = (text: string): void => write(process.stdout, shownOn(process.stdout, text));
export const printError = (text: string): void => write(process.stderr, shownOn(process.stderr, text));

/** For what is no text but data, and means the same everywhere: JSON, YAML. */
export const printData = (text: string): void => write(process.stdout, visible(text));

function write(stream: NodeJS.WriteStream, text: string): void {
  try {
    stream.write(text);
  } catch (error) {
    // A file that takes no more says so at once, a pipe by an event.
    loseOutput(error as NodeJS.ErrnoException);
  }
}

/** What a library prints by itself, for `print`. */
export function printed(work: () => void): string {
  const before = console.log;
  const lines: string[] = [];
  console.log = (text: string) => void lines.push(`${text}\n`);
  try {
    work();
  } finally {
    console.log = before;
  }
  return lines.join('');
}

/** What only a terminal gets: an empty screen. */
export const clearScreen = (): void => void process.stdout.write('\u001b[2J\u001b[H');
