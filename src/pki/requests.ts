// @peculiar/x509 asks for this polyfill to be loaded before it.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Failure } from '../failure.js';
import { Secret } from '../secret.js';
import type { CertificateSpec } from './catalog.js';
import { generateKey } from './generate-key.js';
import { alternativeNames, distinguishedName, signingKey, verifyingKey } from './issue-ecdsa.js';
import { judgeCertificate } from './judge.js';
import type { Authority, CertifiedKey } from './keys.js';
import { readIfThere, readSecretIfThere, writeWhole } from './store-files.js';

/** A certificate that only the holder of the authority's key can make. */
export interface Unsigned {
  readonly owner: string;
  readonly spec: CertificateSpec;
}

/**
 * The pair whose certificate was signed elsewhere and put beside its request, `NAME.crt` beside `NAME.csr`.
 * @returns undefined when there is none yet
 * @throws Failure `keystore` when what lies there does not satisfy the request
 */
export async function adoptSigned(
  directory: string,
  spec: CertificateSpec,
  authority: Authority,
  now: Date,
): Promise<CertifiedKey | undefined> {
  const file = `${directory}/${spec.name}`;
  const certificate = await readIfThere(`${file}.crt`);
  const key = await readSecretIfThere(`${file}.key`);
  if (certificate === undefined || key === undefined) return undefined;
  const wrong = judgeCertificate(certificate, spec, authority.certificate, now).map(({ said }) => said);
  const readable = wrong.length === 0 || !wrong.includes('it is not a certificate');
  if (readable && !new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    wrong.push('it is for another key than the request’s');
  if (wrong.length === 0) return { certificate, key: new Secret(key) };
  throw new Failure({
    kind: 'keystore',
    doing: `Taking the signed certificate ${file}.crt`,
    said: wrong.join('; '),
    next: `Have ${file}.csr signed again with the names and usages that it asks for.`,
  });
}

/**
 * Writes a key and a request for everything that waits for a signature, and says so.
 * @throws Failure `keystore` when anything is waiting
 */
export async function requestAll(directory: string, waiting: readonly Unsigned[]): Promise<void> {
  if (waiting.length === 0) return;
  await Promise.all(
    waiting.map(({ owner, spec }) => writeRequest(`${directory}/${owner}/${spec.name}`, spec)),
  );
  const list = waiting
    .map(
      ({ owner, spec }) =>
        `${directory}/${owner}/${spec.name}.csr  (by ${spec.authority}, for ${spec.usages.join(' and ')})`,
    )
    .sort();
  throw new Failure({
    kind: 'keystore',
    doing: `Making ${waiting.length} certificates`,
    said: `the keys of their authorities are not here. Requests were written:\n${list.join('\n')}`,
    next: 'Have each signed, put the certificate beside its request with the ending .crt, and run the same command again.',
  });
}

/** A key that waits already keeps its request: signing may be under way. */
async function writeRequest(file: string, spec: CertificateSpec): Promise<void> {
  let pem = await readSecretIfThere(`${file}.key`);
  if (pem === undefined) {
    pem = (await generateKey(spec.algorithm)).privateKey.reveal();
    await writeWhole(`${file}.key`, pem, 0o600);
  }
  const { key, algorithm } = await signingKey(pem);
  const publicKey = await verifyingKey(
    createPublicKey(pem).export({ type: 'spki', format: 'pem' }) as string,
  );
  const names = alternativeNames(spec);
  const flags = x509.KeyUsageFlags;
  const usageIds = {
    serverAuth: x509.ExtendedKeyUsage.serverAuth,
    clientAuth: x509.ExtendedKeyUsage.clientAuth,
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(distinguishedName(spec)),
    keys: { privateKey: key, publicKey },
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(flags.digitalSignature | flags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(spec.usages.map((usage) => usageIds[usage])),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  await writeWhole(`${file}.csr`, `${request.toString('pem')}\n`, 0o600);
}
