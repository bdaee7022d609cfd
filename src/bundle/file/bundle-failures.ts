import { Failure } from '../../failure.js';

const failure = (file: string, said: string, next: string, cause?: unknown): Failure =>
  new Failure({ kind: 'artifact', doing: `Reading the bundle ${file}`, said, next, cause });

const copyAgain = 'Copy it again from where it was made, then check it with `podstrap bundle verify`.';

export const cannotOpen = (file: string, cause: unknown): Failure =>
  failure(file, (cause as Error).message, 'Check the path; `podstrap bundle create` makes a bundle.', cause);

/** To be thrown when reading goes wrong midway, such as from a stick that was pulled. What is no error of the system's stays as it is. */
export const unreadable = (file: string, cause: unknown): unknown =>
  (cause as NodeJS.ErrnoException).code === undefined
    ? cause
    : failure(
        file,
        (cause as Error).message,
        'Name the file that `podstrap bundle create` wrote. If this is the right file, check the disk or USB stick that it is on.',
        cause,
      );

export const noBundle = (file: string): Failure =>
  failure(
    file,
    'it is not a bundle of podstrap',
    'Name the file that `podstrap bundle create` wrote; if this is the right file, its beginning is damaged: copy it again.',
  );

/** @param what is damaged, as nouns */
export const damaged = (file: string, what: readonly string[]): Failure =>
  failure(file, what.map((one) => `damaged: ${one}`).join('\n'), copyAgain);

/** @param expected bytes; undefined where not even that can be told */
export const truncated = (file: string, actual: number, expected: number | undefined): Failure =>
  failure(
    file,
    expected === undefined
      ? `it is cut off after ${actual} bytes`
      : `it is cut off: ${actual} of ${expected} bytes are there`,
    copyAgain,
  );

/** Everything fits together, but it is not what podstrap writes. */
export const malformed = (file: string, what: string, cause?: unknown): Failure =>
  failure(
    file,
    `${what} is not in the form that podstrap writes`,
    'Make the bundle with `podstrap bundle create`.',
    cause,
  );

export const newerFormat = (file: string, version: string, known: number): Failure =>
  failure(
    file,
    `it was made by a newer podstrap: its format is ${version}, this podstrap reads up to ${known}`,
    'Use the podstrap that made it, or a newer one; carry that along with the bundle.',
  );

/** A blob changed on this machine since it was verified. */
export const sourceChanged = (file: string, sha256: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Reading ${file}`,
    said: `its content no longer has the SHA-256 ${sha256}`,
    next: 'Delete that file and run the same command again. If it happens again, check the disk.',
  });

/** A blob cannot be read any more on this machine. */
export const cannotOpenSource = (file: string, cause: unknown): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Reading ${file}`,
    said: (cause as Error).message,
    next: 'Run the same command again: what is gone is fetched again.',
    cause,
  });

export const stopped = (file: string): Failure =>
  new Failure({
    kind: 'interrupted',
    doing: `Working on ${file}`,
    said: 'stopped as asked',
    next: 'Run the same command again; nothing half-done was left.',
  });

export function cannotWrite(file: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === undefined) throw cause;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new Failure({
    kind: 'artifact',
    doing: `Writing the bundle ${file}`,
    said: full ? `no space left for it (${code})` : message,
    next: full
      ? 'Write it to another disk with --out. FAT holds no file above 4 GiB: format a stick with exFAT or ext4.'
      : 'Name another file with --out, or make its folder writable.',
    cause,
  });
}
