import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { CertificateSpec } from '../certificate-spec.js';
import { bits, content, type Der, fromDer, octets, oid, parts, sequence, tagged, toDer, yes } from './der.js';
import { usageIds } from './usages.js';

/** What both a certificate and a request for one carry. */
export type Purpose = Pick<CertificateSpec, 'usages' | 'dnsNames' | 'ipAddresses'>;

export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

const extension = (name: keyof typeof extensionIds, critical: boolean, value: Der): Der =>
  sequence(oid(extensionIds[name]), ...(critical ? [yes()] : []), octets(toDer(value)));

/** Bits of KeyUsage, counted from the left. */
const digitalSignature = 0x80;
const keyEncipherment = 0x20;
const keyCertSign = 0x04;

/** kubeadm's: leaves may sign and encipher; authorities may sign certificates, too, but no revocation lists. */
export const keyUsage = (authority: boolean): Der =>
  extension(
    'keyUsage',
    true,
    authority
      ? bits(Buffer.from([digitalSignature | keyEncipherment | keyCertSign]), 2)
      : bits(Buffer.from([digitalSignature | keyEncipherment]), 5),
  );

export const basicConstraints = (authority: boolean): Der =>
  extension('basicConstraints', true, sequence(...(authority ? [yes()] : [])));

/** Extended key usages and subject alternative names, each only where there are any. */
export const purposeExtensions = ({ usages, dnsNames, ipAddresses }: Purpose): readonly Der[] => [
  ...(usages.length > 0
    ? [extension('extendedKeyUsage', false, sequence(...usages.map((usage) => oid(usageIds[usage]))))]
    : []),
  ...(dnsNames.length + ipAddresses.length > 0
    ? [
        extension(
          'subjectAlternativeName',
          false,
          sequence(
            ...dnsNames.map((name) => tagged(2, Buffer.from(name))),
            ...ipAddresses.map((ip) => tagged(7, Buffer.from(ipaddr.parse(ip).toByteArray()))),
          ),
        ),
      ]
    : []),
];

/** RFC 5280 §4.2.1.2, method 1: SHA-1 of the public key's bits, as a name and not for security. */
export function keyIdentifier(publicKeyInfo: Uint8Array): Buffer {
  const [, key] = parts(fromDer(publicKeyInfo));
  // The bits may be ASN.1 themselves (RSA); written again they are what they were, behind tag, length and padding.
  const der = toDer(key!);
  const header = der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f);
  return createHash('sha1')
    .update(der.subarray(header + 1))
    .digest();
}

export const subjectKeyIdentifier = (identifier: Uint8Array): Der =>
  extension('subjectKeyIdentifier', false, octets(identifier));

export const authorityKeyIdentifier = (identifier: Uint8Array): Der =>
  extension('authorityKeyIdentifier', false, sequence(tagged(0, identifier)));

/** The subject key identifier among a certificate's extensions; undefined when it has none. */
export function findKeyIdentifier(extensions: readonly Der[]): Buffer | undefined {
  const wanted = content(oid(extensionIds.subjectKeyIdentifier));
  const found = extensions.map(parts).find(([id]) => content(id!).equals(wanted));
  return found && content(fromDer(content(found.at(-1)!)));
}
