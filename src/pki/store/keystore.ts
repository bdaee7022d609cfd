import { randomBytes } from 'node:crypto';
import type { CertifiedKey, Keys } from '../keys.js';
import {
  type Entry,
  isSound,
  type KeystoreInput,
  type Roots,
  readEntries,
  readRoots,
  wholeRoots,
} from './entries.js';
import { withStoreLock } from './store-lock.js';

export type { KeystoreInput } from './entries.js';

export interface OpenKeystore {
  readonly keys: Keys;
  /** Names of what did not exist before: `ca`, `sa`, `cp-1/apiserver`, … */
  readonly made: readonly string[];
  /** Names of certificates that were made anew, each with the reason. */
  readonly renewed: readonly string[];
  /** Requests (their files) whose certificates are due for renewal while the present ones still do. */
  readonly waitingFor: readonly string[];
  /**
   * Stores the pairs whose renewal was asked for; until then the keystore has those before, which still do.
   * @returns their names, each with the reason
   */
  keepAsked(): Promise<readonly string[]>;
}

/**
 * Opens a cluster's keystore: loads what is there, makes what is missing, renews what no longer satisfies the catalog
 * or is in the last third of its life. Authorities are made once and never renewed here. May be killed at any point.
 * @throws Failure `keystore` when a file is damaged, readable by others, does not fit its key, or when certificates
 *   have to be signed by an authority whose key is elsewhere; `locked` when another process works on the keystore
 */
export async function openKeystore(input: KeystoreInput): Promise<OpenKeystore> {
  const roots = wholeRoots(readRoots(input));
  const entries = roots && readEntries(input, roots.authorities);
  if (entries?.every(isSound))
    return {
      keys: keysOf(roots!, entries),
      made: [],
      renewed: [],
      waitingFor: [],
      keepAsked: async () => [],
    };
  // Read again behind the lock: whoever held it may have made everything.
  return whileLocked(input, () => complete(input));
}

const whileLocked = <T>({ directory }: KeystoreInput, work: () => Promise<T>): Promise<T> =>
  withStoreLock(`${directory}/pki/.lock`, work);

async function complete(input: KeystoreInput): Promise<OpenKeystore> {
  // Only now: most runs make nothing, and need not wait for the libraries that do.
  const [{ makeRoots }, { makePairs }] = await Promise.all([
    import('./make-roots.js'),
    import('./make-pairs.js'),
  ]);
  const circumstances = { now: input.now, randomBytes: input.randomBytes ?? randomBytes };
  const { roots, made } = await makeRoots(readRoots(input), input, circumstances);
  const found = readEntries(input, roots.authorities);
  const { entries, asked, ...done } = await makePairs(found, roots.authorities, circumstances);
  return {
    ...done,
    keys: keysOf(roots, entries),
    made: [...made, ...done.made].sort(),
    keepAsked: () =>
      whileLocked(input, async () => {
        for (const { store } of asked) await store();
        return asked.map(({ renewed }) => renewed).sort();
      }),
  };
}

/** All keys. @param entries each with its pair */
function keysOf(roots: Roots, entries: readonly Entry[]): Keys {
  const hosts: Record<string, Record<string, CertifiedKey>> = {};
  const operator: Record<string, CertifiedKey> = {};
  for (const { host, spec, pair } of entries) {
    const pairs = host === undefined ? operator : (hosts[host] ?? {});
    pairs[spec.name] = pair!;
    if (host !== undefined) hosts[host] = pairs;
  }
  return { ...roots, hosts, operator: operator as Keys['operator'] };
}
