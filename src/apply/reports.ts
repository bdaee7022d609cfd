import { z } from 'zod';
import { type Failure, quoted, unsound } from '../failure.js';
import { isCount, shownText } from '../observed/told.js';

/** What a script of ours reports with a word, `@word TEXT` on a line of its own, in its order. */
export const reported = (stdout: string, word: string): readonly string[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith(`@${word} `) ? [line.slice(word.length + 2)] : []));

/** Who has the lock of the host by what the fence reports: empty when nobody has. Undefined where the lock is ours. */
export function reportedOwner(stdout: string): string | undefined {
  const [owner] = reported(stdout, 'locked');
  return owner === undefined ? undefined : shownText(owner);
}

/**
 * A number that a script reports at most once.
 * @returns 0 where it reports none
 * @throws Failure `unsound` with the host, for anything else than a number up to `most`
 */
export function reportedNumber(host: string, stdout: string, word: string, most: number): number {
  const [text = '0', ...more] = reported(stdout, word);
  if (more.length > 0) throw senseless(host, `it reports @${word} ${more.length + 1} times`);
  if (!isCount(text) || Number(text) > most) throw senseless(host, `it reports @${word} ${quoted(text)}`);
  return Number(text);
}

const versionText = /^v?\d{1,4}(?:\.\d{1,4}){1,2}(?:[-+][0-9A-Za-z.-]{1,64})?$/;
const snapshotForm = z.looseObject({
  version: z.union([z.literal(''), z.string().regex(versionText)]).optional(),
});

/**
 * What etcdutl on a host says of itself and of a snapshot.
 * @throws Failure `unsound` with the host
 */
export function reportedSnapshot(
  host: string,
  stdout: string,
): { readonly program: string; readonly version: string | undefined } {
  const [program = '', ...others] = reported(stdout, 'etcdutl');
  const [told, ...more] = reported(stdout, 'snapshot');
  if (others.length + more.length > 0) throw senseless(host, 'it reports its snapshot twice');
  if (program !== '' && !versionText.test(program))
    throw senseless(host, `its etcdutl is of the version ${quoted(program)}`);
  const { success, data } = snapshotForm.safeParse(jsonOf(told));
  if (!success) throw senseless(host, `it reports the snapshot ${quoted(told ?? '')}`);
  return { program, version: data.version };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Reads what a script reports of the things that it does one after another. */
export interface Progress<T> {
  /** Takes a line as it comes. Never throws: what makes no sense is told by `judge`. */
  take(line: string): void;
  /**
   * What the script came to.
   * @param whole true when it says that it has done everything
   * @returns what it failed at; undefined where that is nothing of these
   * @throws Failure `unsound` with the host, for a report that no script of ours makes
   */
  judge(host: string, whole: boolean): T | undefined;
}

/**
 * Reads `@done N` for each of `things`, in their order, and `@failed N CODE` at most once.
 * @param onDone called with each as it is reported
 */
export function progressOf<T>(things: readonly T[], onDone: (thing: T) => void): Progress<T> {
  let done = 0;
  let failed: number | undefined;
  let wrong: string | undefined;
  return {
    take: (line) => {
      const [word, index, ...rest] = line.split(' ');
      if (wrong !== undefined || (word !== '@done' && word !== '@failed')) return;
      const number = isCount(index) ? Number(index) : -1;
      const isNext = word === '@done' && number === done && done < things.length && rest.length === 0;
      // What files that travel together fail at may be a later one; behind the last, it is the end of the script.
      const isEnd = word === '@failed' && number >= done && number <= things.length && failed === undefined;
      if (failed !== undefined || !(isNext || isEnd)) wrong = line;
      else if (isNext) onDone(things[done++]!);
      else failed = number;
    },
    judge: (host, whole) => {
      if (wrong !== undefined) throw senseless(host, `it reports ${quoted(wrong)}`);
      if (whole && done < things.length)
        throw senseless(host, `it reports to have done everything, and ${done} of ${things.length} things`);
      return failed === undefined ? undefined : things[failed];
    },
  };
}

const senseless = (host: string, said: string): Failure => unsound(said).at({ host });
