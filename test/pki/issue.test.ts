import { createPrivateKey, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, it, test } from 'vitest';
import type { CertificateSpec } from '../../src/pki/certificate-spec.js';
import { judgeCertificate } from '../../src/pki/judge.js';
import { generateKey } from '../../src/pki/x509/generate-key.js';
import { issue, issueAuthority } from '../../src/pki/x509/issue.js';
import { certificateRequest } from '../../src/pki/x509/request.js';
import { openSigner } from '../../src/pki/x509/signer.js';
import { day, inDays, now } from './cluster.js';

const spec: CertificateSpec = {
  name: 'apiserver',
  commonName: 'kube-apiserver',
  organizations: ['kubeadm:cluster-admins'],
  usages: ['serverAuth', 'clientAuth'],
  dnsNames: ['*.example.com', 'cp-1'],
  ipAddresses: ['10.0.0.11', 'fd00::1'],
  authority: 'ca',
  validityMs: 365 * day,
  algorithm: 'ECDSA-P256',
  accepted: ['ECDSA-P256'],
};
const bytes =
  (...values: number[]) =>
  (size: number) =>
    Buffer.concat([Buffer.from(values), Buffer.alloc(size)]).subarray(0, size);
const circumstances = { now, randomBytes: bytes(1, 2, 3, 4, 5, 6, 7, 8) };
const forTenYears = { commonName: 'kubernetes', validityMs: 3650 * day };

describe('keys are written as kubeadm writes them', () => {
  test.each([
    ['RSA-2048', 'RSA PRIVATE KEY', { modulusLength: 2048 }],
    ['ECDSA-P256', 'EC PRIVATE KEY', { namedCurve: 'prime256v1' }],
    ['ECDSA-P384', 'EC PRIVATE KEY', { namedCurve: 'secp384r1' }],
  ] as const)('%s', async (algorithm, label, details) => {
    const { privateKey, publicKey } = await generateKey(algorithm);
    expect(privateKey.reveal()).toMatch(new RegExp(`^-----BEGIN ${label}-----\n`));
    expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(createPrivateKey(privateKey.reveal()).asymmetricKeyDetails).toMatchObject(details);
  });
});

describe('any authority signs for any key', () => {
  const algorithms = ['RSA-2048', 'ECDSA-P256', 'ECDSA-P384'] as const;
  const pairs = algorithms.flatMap((signer) => algorithms.map((leaf) => [signer, leaf] as const));
  const authorities = new Map(
    algorithms.map((algorithm) => [
      algorithm,
      generateKey(algorithm).then(async ({ privateKey }) => {
        const certificate = await issueAuthority(forTenYears, privateKey, circumstances);
        return { certificate, signer: openSigner(certificate, privateKey) };
      }),
    ]),
  );

  test.each(pairs)('%s for %s', async (signing, algorithm) => {
    const { certificate, signer } = (await authorities.get(signing))!;
    const { publicKey } = await generateKey(algorithm);
    const issued = await issue({ ...spec, algorithm }, publicKey, signer, circumstances);
    expect(judgeCertificate(issued, { ...spec, accepted: [algorithm] }, certificate, now)).toEqual([]);
    const [leaf, authority] = [new X509Certificate(issued), new X509Certificate(certificate)];
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });
});

describe('a certificate', () => {
  const authority = async () => {
    const { privateKey } = await generateKey('ECDSA-P256');
    return openSigner(await issueAuthority(forTenYears, privateKey, circumstances), privateKey);
  };

  test.each([
    ['all zero becomes one', bytes(), '01'],
    ['has no sign', bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), '7FFFFFFFFFFFFFFF'],
    ['has no leading zeros', bytes(0, 0, 0x80, 1, 2, 3, 4, 5), '800102030405'],
  ])('serial: %s', async (_title, randomBytes, serial) => {
    const { publicKey } = await generateKey('ECDSA-P256');
    const pem = await issue(spec, publicKey, await authority(), { now, randomBytes });
    expect(new X509Certificate(pem).serialNumber).toBe(serial);
  });

  it('begins five minutes ago and ends with its authority at the latest', async () => {
    const { publicKey } = await generateKey('ECDSA-P256');
    const forever = { ...spec, validityMs: 36500 * day };
    const leaf = new X509Certificate(await issue(forever, publicKey, await authority(), circumstances));
    expect(new Date(leaf.validFrom)).toEqual(new Date('2026-03-01T11:55:00Z'));
    expect(new Date(leaf.validTo)).toEqual(inDays(3650));
  });

  it('may end after 2049, when dates are written in another way', async () => {
    const { privateKey } = await generateKey('ECDSA-P256');
    const century = await issueAuthority(
      { ...forTenYears, validityMs: 36500 * day },
      privateKey,
      circumstances,
    );
    expect(new Date(new X509Certificate(century).validTo)).toEqual(inDays(36500));
  });

  it('names organizations before the common name, in any script', async () => {
    const { publicKey } = await generateKey('ECDSA-P256');
    const pem = await issue(
      { ...spec, organizations: ['Zürich, 東京'], commonName: 'kube_1' },
      publicKey,
      await authority(),
      circumstances,
    );
    expect(
      judgeCertificate(pem, { ...spec, organizations: ['Zürich, 東京'], commonName: 'kube_1' }, '', now),
    ).toEqual([expect.objectContaining({ problem: 'issuer' })]);
  });
});

describe('a request', () => {
  it('asks for subject, names and usages, and proves its key', async () => {
    const { privateKey } = await generateKey('RSA-2048');
    const pem = await certificateRequest(spec, privateKey, undefined);
    const request = forge.pki.certificationRequestFromPem(pem);
    expect(request.verify()).toBe(true);
    expect(request.subject.attributes.map(({ shortName, value }) => `${shortName}=${value}`)).toEqual([
      'O=kubeadm:cluster-admins',
      'CN=kube-apiserver',
    ]);
    const asked = request.getAttribute({ name: 'extensionRequest' })?.extensions ?? [];
    expect(asked.map(({ name }: { name: string }) => name)).toEqual([
      'keyUsage',
      'extKeyUsage',
      'subjectAltName',
    ]);
  });

  it('stays as it is until something else is wanted', async () => {
    const { privateKey } = await generateKey('ECDSA-P256');
    const first = await certificateRequest(spec, privateKey, undefined);
    expect(await certificateRequest(spec, privateKey, first)).toBe(first);
    const other = await certificateRequest({ ...spec, dnsNames: ['cp-2'] }, privateKey, first);
    expect(other).not.toBe(first);
    expect(await certificateRequest(spec, privateKey, other)).not.toBe(other);
    expect(await certificateRequest(spec, privateKey, 'damaged')).toContain('BEGIN CERTIFICATE REQUEST');
  });
});
