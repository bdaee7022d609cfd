import { randomBytes } from 'node:crypto';
import { Failure, quoted, unsound } from '../failure.js';
import type { Exec, ExecResult, Transport } from '../transport/transport.js';

/** Lines by the title that stands before them. */
export type Sections = ReadonlyMap<string, readonly string[]>;

/** How much a section may hold. */
interface Limits {
  readonly lines: number;
  /** Characters of one line. */
  readonly length: number;
}

/** A thousand hosts with a route and an image each are far below. */
const usual: Limits = { lines: 200_000, length: 64 * 1024 };
/** Of texts that podstrap wrote as JSON, in lines of any length. */
const document: Limits = { lines: 200_000, length: 16 * 1024 * 1024 };
const documents = ['record', 'generation', 'sources', 'journal', 'generations'];
const limitsOf = (title: string): Limits => (documents.includes(title) ? document : usual);

/**
 * Runs a script that prints sections, each under a title that the shell function `t` writes: `t files; stat …`. Titles
 * carry a nonce that nobody but this run of the script knows, so that nothing a host prints, such as the name of a
 * process with a line break in it, passes for one.
 * @param isTitle the titles that the script may print
 * @throws Failure `unsound` for an unknown or repeated title or a section beyond its limits, and what Transport.exec throws
 */
export async function askSections(
  transport: Transport,
  { script, ...rest }: Omit<Exec, 'stdin' | 'onLine'>,
  isTitle: (title: string) => boolean,
): Promise<Omit<ExecResult, 'stdout'> & { readonly all: Sections; readonly stdout: string }> {
  const mark = `@${randomBytes(8).toString('hex')}`;
  const result = await transport.exec({ ...rest, script: `${titles(mark)}\n${script}` });
  return { ...result, all: toldBy(transport.host, () => sections(result.stdout, mark, isTitle)) };
}

/** A line break first: what is printed before a title need not end with one. */
const titles = (mark: string): string => `t() { printf '\\n%s %s\\n' '${mark}' "$*"; }`;

/** What was thrown, with the host where it does not say one. */
const atHost = (error: unknown, host: string): unknown =>
  error instanceof Failure && error.where.host === undefined ? error.at({ host }) : error;

/** Reads what a host told. @throws Failure `unsound` with the host */
export function toldBy<T>(host: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw atHost(error, host);
  }
}

/** Splits what a script printed into its sections. @param mark what stands before each title @throws Failure `unsound` */
export function sections(output: string, mark: string, isTitle: (title: string) => boolean): Sections {
  const found = new Map<string, string[]>();
  const before = `${mark} `;
  let current: string[] = [];
  let limits = usual;
  let title = '';
  for (const line of linesOf(output)) {
    if (line.startsWith(before)) {
      title = line.slice(before.length);
      if (!isTitle(title)) throw unsound(`it began a section that was not asked for: ${quoted(title)}`);
      if (found.has(title)) throw unsound(`it reported the same section twice: ${quoted(title)}`);
      current = [];
      limits = limitsOf(title);
      found.set(title, current);
    } else if (line !== '') {
      if (line.length > limits.length)
        throw unsound(`a line of ${quoted(title)} has ${line.length} characters`);
      if (current.length >= limits.lines)
        throw unsound(`${quoted(title)} has more than ${limits.lines} lines`);
      current.push(line);
    }
  }
  return found;
}

/** One after another: a list of millions of empty lines would be larger than its text. */
function* linesOf(text: string): Generator<string, void, undefined> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    yield end < 0 ? text.slice(start) : text.slice(start, end);
    if (end < 0) return;
    start = end + 1;
  }
}

/** What stands before and after the first `separator`. */
export function splitOnce(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index < 0 ? [line, ''] : [line.slice(0, index), line.slice(index + separator.length)];
}

/** Values by the word that stands before them on their lines. */
export function values(lines: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const [key, value] = splitOnce(line, ' ');
    const before = found.get(key);
    if (before === undefined) found.set(key, [value]);
    else before.push(value);
  }
  return found;
}
