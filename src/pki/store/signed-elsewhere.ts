import { createPrivateKey } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import { isAccepted, judge } from '../judge.js';
import type { Authority, CertifiedKey } from '../keys.js';
import { generateKey } from '../x509/generate-key.js';
import { keyAlgorithm } from '../x509/key-algorithm.js';
import { certificateBlocks } from '../x509/pem-blocks.js';
import { readCertificates } from '../x509/read-certificates.js';
import { certificateRequest } from '../x509/request.js';
import type { Entry } from './entries.js';
import { belongTogether } from './pair-file.js';
import { readIfThere, readSecretIfThere, writeOnce, writeWhole } from './store-files.js';

/** A certificate that only the holder of the authority's key can make, and that is not there yet. */
export interface Pending {
  /** Its request. */
  readonly request: string;
  readonly entry: Entry;
  /** Why the certificate that lies beside the request will not do; undefined when none does. */
  readonly problem: string | undefined;
}

/**
 * The pair whose certificate was signed elsewhere and laid beside its request, `NAME.crt` beside `NAME.csr`; where there
 * is none that will do, its key and an up-to-date request are there afterwards.
 */
export async function signedElsewhere(
  entry: Entry,
  authority: Authority,
  now: Date,
): Promise<CertifiedKey | Pending> {
  const { request: file, spec } = entry;
  if (isStale(entry)) await closeRequest(entry);
  const key = new Secret(
    readSecretIfThere(`${file}.key`) ??
      (await writeOnce(`${file}.key`, (await generateKey(spec.algorithm)).privateKey.reveal(), 0o600)),
  );
  const certificate = readIfThere(`${file}.crt`);
  const problem = certificate === undefined ? undefined : problemOf(certificate, key, entry, authority, now);
  if (certificate !== undefined && problem === undefined)
    return { certificate: certificateBlocks(certificate).join(''), key };
  const present = readIfThere(`${file}.csr`);
  const request = await certificateRequest(spec, key, present).catch((cause: unknown) => {
    throw new Failure({
      kind: 'keystore',
      doing: `Making the request ${file}.csr`,
      said: `its key ${file}.key is damaged`,
      next: `rm ${file}.key ${file}.csr, then run the command again: both are created again.`,
      cause,
    });
  });
  if (request !== present) await writeWhole(`${file}.csr`, request, 0o600);
  return { request: `${file}.csr`, entry, problem };
}

/**
 * True when a request’s key must not be used: it is already in the keystore, because a run was killed between taking the
 * certificate and forgetting the request, or it is of a kind that is no longer wanted.
 */
function isStale({ request: file, spec, pair }: Entry): boolean {
  const key = readSecretIfThere(`${file}.key`);
  if (key === undefined) return false;
  try {
    return key === pair?.key.reveal() || !isAccepted(keyAlgorithm(createPrivateKey(key)), spec);
  } catch {
    // Damaged; who uses it says so.
    return false;
  }
}

function problemOf(
  certificate: string,
  key: Secret,
  { spec }: Entry,
  authority: Authority,
  now: Date,
): string | undefined {
  const read = readCertificates(certificate);
  const sentences = judge(read, spec, readCertificates(authority.certificate), now).map(({ said }) => said);
  try {
    if (read.length > 0 && !belongTogether(read[0]!, key))
      sentences.push('it is for another key than its request');
  } catch {
    sentences.push('the key of its request is damaged');
  }
  return sentences.length === 0 ? undefined : sentences.join('; ');
}

/** Forgets a request whose certificate was taken into the keystore, and with it the second copy of its key. */
export async function closeRequest({ request: file }: Entry): Promise<void> {
  // The certificate goes first: a key without one is a request that still waits, and nothing worse.
  for (const ending of ['crt', 'csr', 'key']) await rm(`${file}.${ending}`, { force: true });
}

/** @throws Failure `keystore` that says what to have signed, and where to put it */
export function refuseUnsigned(pending: readonly Pending[]): never {
  const lines = pending.map(({ request, problem, entry: { spec } }) => {
    const names = [...spec.dnsNames, ...spec.ipAddresses].join(', ');
    return (
      `${request}: by ${spec.authority}, for ${spec.usages.join(' and ')}` +
      `${names === '' ? '' : `, names ${names}`}` +
      `${problem === undefined ? '' : `\n  the .crt beside it will not do: ${problem}`}`
    );
  });
  throw new Failure({
    kind: 'keystore',
    doing: 'Making certificates of authorities whose keys are not here',
    said: `${pending.length} have to be signed elsewhere:\n${lines.join('\n')}`,
    next:
      'Have each .csr signed with the usages and names it asks for, put the certificate beside it with the ending .crt, ' +
      'and run the command again. Or put the keys of these authorities where podstrap finds them.',
  });
}
