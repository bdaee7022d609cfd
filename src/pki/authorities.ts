import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import type { Inventory } from '../inventory/inventory.js';
import { Secret } from '../secret.js';
import { authorityNames } from './catalog.js';
import { generateKey } from './generate-key.js';
import { issue } from './issue.js';
import type { Authority, AuthorityName } from './keys.js';
import { readIfThere, readSecretIfThere, writeWhole } from './store-files.js';

/** File names below pki/, without their endings, as in kubeadm's certificate directory. */
const files: Readonly<Record<AuthorityName, string>> = {
  ca: 'ca',
  'front-proxy-ca': 'front-proxy-ca',
  'etcd-ca': 'etcd/ca',
};

/** The authority `name`: the user's own, the one in the keystore, or a new one. */
export async function openAuthority(
  directory: string,
  inventory: Inventory,
  name: AuthorityName,
  now: Date,
): Promise<{ readonly authority: Authority; readonly made: boolean }> {
  const own = inventory.spec.certificateAuthorities[name];
  if (own !== undefined) {
    const path = (file: string) => resolve(inventory.directory, file);
    const certificate = await readIfThere(path(own.certificate));
    const key = own.key === undefined ? undefined : await readSecretIfThere(path(own.key));
    if (certificate === undefined || (own.key !== undefined && key === undefined))
      throw unusable(name, own.certificate, 'the file, or its key’s, is not there');
    return { authority: checked(name, own.certificate, certificate, key, now), made: false };
  }
  const file = `${directory}/pki/${files[name]}`;
  const certificate = await readIfThere(`${file}.crt`);
  if (certificate !== undefined)
    return {
      authority: checked(name, `${file}.crt`, certificate, await readSecretIfThere(`${file}.key`), now),
      made: false,
    };
  return { authority: await make(file, inventory, name, now), made: true };
}

/** The certificate is written last: where it stands, its key stands beside it. */
async function make(file: string, inventory: Inventory, name: AuthorityName, now: Date): Promise<Authority> {
  const { encryptionAlgorithm, caCertificateValidityPeriod } = inventory.spec;
  const { privateKey, publicKey } = await generateKey(encryptionAlgorithm);
  const commonName = authorityNames[name];
  const certificate = await issue({
    spec: {
      commonName,
      organizations: [],
      usages: [],
      dnsNames: [commonName],
      ipAddresses: [],
      validityMs: parseDuration(caCertificateValidityPeriod),
    },
    authority: true,
    publicKey,
    key: privateKey,
    now,
  });
  await writeWhole(`${file}.key`, privateKey.reveal(), 0o600);
  await writeWhole(`${file}.crt`, certificate, 0o644);
  return { certificate, key: privateKey };
}

function checked(
  name: AuthorityName,
  file: string,
  pem: string,
  key: string | undefined,
  now: Date,
): Authority {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (cause) {
    throw unusable(name, file, 'it is not a certificate', cause);
  }
  if (!certificate.ca)
    throw unusable(name, file, 'it is not a certificate of an authority (CA:TRUE is missing)');
  if (now > new Date(certificate.validTo)) throw unusable(name, file, `it expired on ${certificate.validTo}`);
  if (key === undefined) return { certificate: pem };
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw unusable(name, file, 'the key beside it belongs to another certificate');
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw unusable(name, file, 'the key beside it cannot be read', cause);
  }
  return { certificate: pem, key: new Secret(key) };
}

const unusable = (name: AuthorityName, file: string, said: string, cause?: unknown): Failure =>
  new Failure({
    kind: 'keystore',
    doing: `Loading the certificate authority ${name} from ${file}`,
    said,
    next: 'Put the right file back, from a backup if need be. podstrap never makes a new authority over an old one.',
    cause,
  });
