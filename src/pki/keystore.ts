import { createPublicKey, randomBytes as nodeRandomBytes } from 'node:crypto';
import type { Authority, CertifiedKey, Keys } from './keys.js';
import { withStoreLock } from './store-lock.js';
import { isComplete, type KeystoreInput, type Survey, survey } from './survey.js';

export type { KeystoreInput } from './survey.js';

export interface OpenKeystore {
  readonly keys: Keys;
  /** Names of what did not exist before: `ca`, `sa`, `cp-1/apiserver`, … */
  readonly made: readonly string[];
  /** Names of certificates that were made anew, each with the reason. */
  readonly renewed: readonly string[];
  /** Requests (their files) whose certificates are due for renewal while the present ones still do. */
  readonly waitingFor: readonly string[];
}

/**
 * Opens a cluster's keystore: loads what is there, makes what is missing, renews what no longer satisfies the catalog
 * or is in the last third of its life. Authorities are made once and never renewed here. May be killed at any point.
 * @throws Failure `keystore` when a file is damaged, readable by others, does not fit its key, or when certificates
 *   have to be signed by an authority whose key is elsewhere; `locked` when another process works on the keystore
 */
export async function openKeystore(input: KeystoreInput): Promise<OpenKeystore> {
  const found = survey(input);
  if (isComplete(found)) return { keys: keysOf(found), made: [], renewed: [], waitingFor: [] };
  // Only now: most runs make nothing, and need not wait for the libraries that do.
  const { makeMissing } = await import('./make-missing.js');
  const { now, randomBytes = nodeRandomBytes } = input;
  return withStoreLock(`${input.directory}/pki/.lock`, async () => {
    // Surveyed again behind the lock: whoever held it may have made everything.
    const { survey: filled, ...done } = await makeMissing(survey(input), input, { now, randomBytes });
    return { keys: keysOf(filled), ...done };
  });
}

/** The keys in a keystore in which nothing is missing. */
function keysOf({ clusterId, authorities, serviceAccount, entries }: Survey): Keys {
  const hosts: Record<string, Record<string, CertifiedKey>> = {};
  const operator: Record<string, CertifiedKey> = {};
  for (const { host, spec, pair } of entries) {
    const pairs = host === undefined ? operator : (hosts[host] ?? {});
    pairs[spec.name] = pair!;
    if (host !== undefined) hosts[host] = pairs;
  }
  return {
    clusterId: clusterId!,
    authorities: authorities as Readonly<Record<keyof typeof authorities, Authority>>,
    serviceAccount: {
      publicKey: createPublicKey(serviceAccount!.reveal()).export({ type: 'spki', format: 'pem' }) as string,
      privateKey: serviceAccount!,
    },
    hosts,
    operator: operator as Keys['operator'],
  };
}
