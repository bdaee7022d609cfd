// @peculiar/x509 asks for this polyfill to be loaded before it.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Request } from './issue.js';

const usageIds = {
  serverAuth: x509.ExtendedKeyUsage.serverAuth,
  clientAuth: x509.ExtendedKeyUsage.clientAuth,
} as const;

/** The WebCrypto name of a key's algorithm, and the hash that goes with its size. */
function algorithmOf(key: KeyObject): {
  readonly import: EcKeyImportParams | RsaHashedImportParams;
  readonly hash: string;
} {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return { import: { name: 'ECDSA', namedCurve: 'P-256' }, hash: 'SHA-256' };
  if (curve === 'secp384r1') return { import: { name: 'ECDSA', namedCurve: 'P-384' }, hash: 'SHA-384' };
  return { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, hash: 'SHA-256' };
}

type EcKeyImportParams = { name: 'ECDSA'; namedCurve: string };
type RsaHashedImportParams = { name: 'RSASSA-PKCS1-v1_5'; hash: string };

/** A private key, from any PEM that node reads, for signing with WebCrypto. */
export async function signingKey(pem: string) {
  const key = createPrivateKey(pem);
  const algorithm = algorithmOf(key);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return {
    key: await webcrypto.subtle.importKey('pkcs8', der, algorithm.import, true, ['sign']),
    algorithm: { ...algorithm.import, hash: algorithm.hash },
  };
}

/** A public key (PKIX PEM) for WebCrypto. */
export function verifyingKey(pem: string) {
  const key = createPublicKey(pem);
  const der = key.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', der, algorithmOf(key).import, true, ['verify']);
}

/** A subject as RFC 4514 text with its special characters escaped, organizations first. */
export const distinguishedName = ({
  organizations,
  commonName,
}: Pick<Request, 'organizations' | 'commonName'>) => [
  ...organizations.map((value) => ({ O: [value] })),
  { CN: [commonName] },
];

/** Subject alternative names as @peculiar/x509 wants them. */
export const alternativeNames = ({ dnsNames, ipAddresses }: Pick<Request, 'dnsNames' | 'ipAddresses'>) => [
  ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
  ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
];

/** Makes a certificate where ECDSA keys are involved, through @peculiar/x509. */
export async function issueEcdsa(request: Request): Promise<string> {
  const { key, algorithm } = await signingKey(request.key.reveal());
  const publicKey = await verifyingKey(request.publicKey);
  const issuer = request.issuer === undefined ? undefined : new x509.X509Certificate(request.issuer);
  const subject = new x509.Name(distinguishedName(request));
  const flags = x509.KeyUsageFlags;
  const usage = flags.digitalSignature | flags.keyEncipherment | (request.authority ? flags.keyCertSign : 0);
  const names = alternativeNames(request);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: request.serial,
    subject,
    issuer: issuer ? issuer.subjectName : subject,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey,
    signingKey: key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(usage, true),
      ...(request.usages.length > 0
        ? [new x509.ExtendedKeyUsageExtension(request.usages.map((one) => usageIds[one]))]
        : []),
      new x509.BasicConstraintsExtension(request.authority, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ...(issuer ? [await authorityKeyIdentifier(issuer)] : []),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** Repeats the issuer's own identifier where it has one, since a foreign authority may compute it differently. */
async function authorityKeyIdentifier(issuer: x509.X509Certificate) {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own
    ? new x509.AuthorityKeyIdentifierExtension(own.keyId)
    : x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
}
