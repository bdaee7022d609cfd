import { damaged, stopped } from './bundle-failures.js';
import { usersOf } from './contents.js';
import { damagedFrame } from './damaged-frame.js';
import { type HashResult, hashParts } from './hash-parts.js';
import { type Bundle, openBundle } from './open-bundle.js';
import { readSigned, type Trust, wrongSignature } from './trust.js';

export interface VerifyOptions {
  /** Whose signature the file must have; without it none is asked for. */
  readonly trust?: Trust | undefined;
  /** Called with the bytes that were checked so far, and with all there are to check. */
  readonly onBytes?: ((checked: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks every byte of a bundle: blobs by digest, everything between them against what the format prescribes, and the
 * signature where one is asked for. Reads on all cores, in flat memory.
 * @returns the bundle, ready for use
 * @throws Failure `artifact` that names all that is damaged; `refused` without the right signature; `usage` for an unfit
 *   key; `interrupted`
 */
export async function verifyBundle(file: string, options: VerifyOptions = {}): Promise<Bundle> {
  const { trust, onBytes, signal } = options;
  const signed = trust && (await readSigned(file, trust));
  const bundle = await openBundle(file);
  const frame = await damagedFrame(file, bundle);
  const blobs = [...bundle.blobs.values()].filter(({ name }) => !bundle.documents.has(name));
  const jobs = [
    ...blobs.map(({ offset, size }) => ({ file, start: offset, size })),
    ...(signed ? [{ file, start: 0, size: bundle.size, signed }] : []),
  ];
  const total = jobs.reduce((sum, { size }) => sum + size, 0);
  let checked = 0;
  const tell = (bytes: number) => {
    checked += bytes;
    onBytes?.(checked, total);
  };
  const results = await hashParts(jobs, tell, signal);
  if (signal?.aborted) throw stopped(file);
  const bad = blobs.flatMap(({ name, sha256 }, at) => {
    const wrong = problemOf(results[at]!, sha256);
    return wrong === undefined ? [] : [`${usersOf(sha256, bundle)} (${name}${wrong})`];
  });
  if (frame.length + bad.length > 0) throw damaged(file, [...frame, ...bad]);
  if (trust && !fits(results.at(-1)!)) throw wrongSignature(file, trust);
  return bundle;
}

/** What is wrong with a blob, as an addition to its name; undefined when nothing is. */
function problemOf(result: HashResult, sha256: string): string | undefined {
  if ('error' in result) return `: ${result.error}`;
  return 'sha256' in result && result.sha256 === sha256 ? undefined : '';
}

const fits = (result: HashResult): boolean => 'fits' in result && result.fits;
