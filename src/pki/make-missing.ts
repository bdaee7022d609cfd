import { generateKey } from './generate-key.js';
import { inParallel } from './in-parallel.js';
import { type Circumstances, issue } from './issue.js';
import type { Authority, AuthorityName, CertifiedKey } from './keys.js';
import { makeRoots } from './make-roots.js';
import { formatPair } from './pair-file.js';
import { closeRequest, type Pending, refuseUnsigned, signedElsewhere } from './signed-elsewhere.js';
import { openSigner, type Signer } from './signer.js';
import { writeWhole } from './store-files.js';
import { type Entry, entryName, type KeystoreInput, type Survey } from './survey.js';

/** What was done to a keystore. */
export interface Filled {
  /** Nothing is missing in it, and nothing wrong but what is in `waitingFor`. */
  readonly survey: Survey;
  readonly made: readonly string[];
  readonly renewed: readonly string[];
  readonly waitingFor: readonly string[];
}

/** Keys under way at once: more than the thread pool has threads, so that no thread waits for a disk. */
const atOnce = 8;

/**
 * Makes and stores what a survey found missing or wrong. Only for who holds the keystore's lock.
 * @throws Failure `keystore` when certificates have to be signed elsewhere; everything else is made by then
 */
export async function makeMissing(
  found: Survey,
  input: KeystoreInput,
  circumstances: Circumstances,
): Promise<Filled> {
  const made: string[] = [];
  const renewed: string[] = [];
  const pending: Pending[] = [];
  const roots = await makeRoots(found, input, circumstances, made);
  const signerOf = signers(roots.authorities);
  const entries = [...found.entries];
  await inParallel([...entries.entries()], atOnce, async ([index, entry]) => {
    if (entry.pair !== undefined && entry.wrong.length === 0) return;
    const signer = signerOf(entry.spec.authority);
    const pair = signer
      ? await makePair(entry, signer, circumstances)
      : await signedElsewhere(entry, roots.authorities[entry.spec.authority], circumstances.now);
    if ('request' in pair) {
      pending.push(pair);
      return;
    }
    await writeWhole(entry.file, formatPair(pair), 0o600);
    if (!signer) await closeRequest(entry);
    entries[index] = { ...entry, pair, wrong: [] };
    if (entry.pair === undefined) made.push(entryName(entry));
    else renewed.push(`${entryName(entry)}: ${entry.wrong.map(({ said }) => said).join('; ')}`);
  });
  const blocking = pending.filter(({ entry }) => !stillDoes(entry));
  if (blocking.length > 0) refuseUnsigned(blocking);
  const waitingFor = pending.map(({ request }) => request).sort();
  return { survey: { ...roots, entries }, made: made.sort(), renewed: renewed.sort(), waitingFor };
}

/** A certificate that is merely due for renewal still does. */
const stillDoes = ({ pair, wrong }: Entry): boolean =>
  pair !== undefined && wrong.every(({ problem }) => problem === 'expiring');

async function makePair(
  { spec }: Entry,
  signer: Signer,
  circumstances: Circumstances,
): Promise<CertifiedKey> {
  const { privateKey, publicKey } = await generateKey(spec.algorithm);
  return { key: privateKey, certificate: await issue(spec, publicKey, signer, circumstances) };
}

/** Authorities made ready to sign, each once and only when it is asked for; undefined for one whose key is elsewhere. */
function signers(authorities: Readonly<Record<AuthorityName, Authority>>) {
  const opened = new Map<AuthorityName, Signer>();
  return (name: AuthorityName): Signer | undefined => {
    const { certificate, key } = authorities[name];
    if (key === undefined) return undefined;
    const signer = opened.get(name) ?? openSigner(certificate, key);
    opened.set(name, signer);
    return signer;
  };
}
