import { inParallel } from '../../in-parallel.js';
import type { Authority, AuthorityName, CertifiedKey } from '../keys.js';
import { generateKey } from '../x509/generate-key.js';
import { type Circumstances, issue } from '../x509/issue.js';
import { openSigner, type Signer } from '../x509/signer.js';
import { type Entry, entryName, isSound } from './entries.js';
import { formatPair } from './pair-file.js';
import { closeRequest, type Pending, refuseUnsigned, signedElsewhere } from './signed-elsewhere.js';
import { writeWhole } from './store-files.js';

/** What was done to the pairs of a keystore. */
export interface Filled {
  /** Each with its pair; nothing is wrong with them but what is in `waitingFor`. */
  readonly entries: readonly Entry[];
  readonly made: readonly string[];
  readonly renewed: readonly string[];
  readonly waitingFor: readonly string[];
  /** Pairs that do, and that are made anew because somebody asked for it: not yet stored. */
  readonly asked: readonly Asked[];
}

/** A new pair that is not stored. */
export interface Asked {
  /** Its name, with the reason. */
  readonly renewed: string;
  /** Puts it in the place of the one before. */
  readonly store: () => Promise<void>;
}

/** Keys under way at once: more than the thread pool has threads, so that no thread waits for a disk. */
const atOnce = 8;

/**
 * Makes and stores pairs that are missing or wrong, and makes those whose renewal was asked for. Only for who holds the keystore's lock.
 * @throws Failure `keystore` when certificates have to be signed elsewhere; everything else is made by then
 */
export async function makePairs(
  found: readonly Entry[],
  authorities: Readonly<Record<AuthorityName, Authority>>,
  circumstances: Circumstances,
): Promise<Filled> {
  const made: string[] = [];
  const renewed: string[] = [];
  const asked: Asked[] = [];
  const pending: Pending[] = [];
  const signerOf = signers(authorities);
  const entries = [...found];
  await inParallel([...entries.entries()], atOnce, async ([index, entry]) => {
    if (isSound(entry)) return;
    const signer = signerOf(entry.spec.authority);
    const pair = signer
      ? await makePair(entry, signer, circumstances)
      : await signedElsewhere(entry, authorities[entry.spec.authority], circumstances.now);
    if ('request' in pair) {
      pending.push(pair);
      return;
    }
    const store = async () => {
      await writeWhole(entry.file, formatPair(pair), 0o600);
      if (!signer) await closeRequest(entry);
    };
    const name = `${entryName(entry)}: ${entry.wrong.map(({ said }) => said).join('; ')}`;
    entries[index] = { ...entry, pair, wrong: [] };
    if (stillDoes(entry) && entry.wrong.some(({ problem }) => problem === 'asked')) {
      asked.push({ renewed: name, store });
      return;
    }
    await store();
    if (entry.pair === undefined) made.push(entryName(entry));
    else renewed.push(name);
  });
  const blocking = pending.filter(({ entry }) => !stillDoes(entry));
  if (blocking.length > 0) refuseUnsigned(blocking);
  const waitingFor = pending.map(({ request }) => request).sort();
  return { entries, made: made.sort(), renewed: renewed.sort(), waitingFor, asked };
}

/** A certificate that is merely due for renewal, or whose renewal somebody asked for, still does. */
const stillDoes = ({ pair, wrong }: Entry): boolean =>
  pair !== undefined && wrong.every(({ problem }) => problem === 'expiring' || problem === 'asked');

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
