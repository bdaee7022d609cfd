import { Failure } from '../../../failure.js';

/** One line of ssh_config, and for `Host` and `Match` the lines below it. Keywords are in lower case. */
export interface ConfigLine {
  readonly keyword: string;
  readonly values: readonly string[];
  /** What follows the keyword, as it stands there. */
  readonly rest: string;
  /** `FILE line N` */
  readonly place: string;
  readonly below: readonly ConfigLine[];
}

/** Reads files for Include; a pattern may name several, or none. */
export type ReadFiles = (pattern: string) => readonly { readonly file: string; readonly text: string }[];

/** As many levels as OpenSSH allows. */
const deepest = 16;

/** Sections begin with these; the lines up to the next one are below them. */
const sections = ['host', 'match'];

/**
 * The lines of one ssh_config file, cut into words as OpenSSH 8.7 and later cut them, each Include replaced by the lines of
 * what it names.
 * @throws Failure `usage` when the file cannot be parsed or includes itself without end
 */
export function configLines(text: string, file: string, read: ReadFiles, depth = 0): readonly ConfigLine[] {
  if (depth > deepest) throw unreadable(file, 'files include each other without end');
  const top: ConfigLine[] = [];
  let current = top;
  text.split('\n').forEach((raw, index) => {
    const place = `${file} line ${index + 1}`;
    const cut = cutLine(raw, place);
    if (cut === undefined) return;
    const { keyword, rest, values } = cut;
    if (sections.includes(keyword)) {
      current = [];
      top.push({ keyword, values, rest, place, below: current });
    } else if (keyword === 'include')
      current.push(
        ...values.flatMap(read).flatMap((found) => configLines(found.text, found.file, read, depth + 1)),
      );
    else current.push({ keyword, values, rest, place, below: [] });
  });
  return top;
}

/** Undefined for a line that says nothing. */
function cutLine(raw: string, place: string): Pick<ConfigLine, 'keyword' | 'rest' | 'values'> | undefined {
  const line = raw.trim();
  if (line === '' || line.startsWith('#')) return undefined;
  // Between keyword and value there may be one = instead of blanks.
  const [, quoted, plain, rest = ''] = /^(?:"([^"]*)"|([^\s="]+))\s*=?\s*(.*)$/s.exec(line) ?? [];
  const keyword = (quoted ?? plain ?? '').toLowerCase();
  const values = words(rest);
  if (values === undefined) throw unreadable(place, 'invalid quotes');
  if (keyword === '' || values.length === 0) throw unreadable(place, `nothing follows \`${keyword}\``);
  return { keyword, rest, values };
}

/** As a shell does, with both kinds of quotes; # begins a remark. Undefined when a quote is left open. */
function words(text: string): readonly string[] | undefined {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    const next = text[at + 1];
    const isBlank = quote === undefined && /\s/.test(letter);
    if (isBlank) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (word === undefined && letter === '#' && quote === undefined) break;
    else if (letter === '\\' && isEscaped(next, quote)) {
      word = (word ?? '') + next;
      at += 1;
    } else if (quote === undefined && (letter === '"' || letter === "'")) {
      word ??= '';
      quote = letter;
    } else if (letter === quote) quote = undefined;
    else word = (word ?? '') + letter;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? found : [...found, word];
}

const isEscaped = (letter: string | undefined, quote: string | undefined): boolean =>
  letter !== undefined && (['"', "'", '\\'].includes(letter) || (letter === ' ' && quote === undefined));

export const unreadable = (place: string, said: string): Failure =>
  new Failure({
    kind: 'usage',
    doing: `reading ${place}`,
    said,
    next: 'correct it, name another file in ssh.configFile, or write `configFile: none`',
  });
