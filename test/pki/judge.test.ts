import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { CertificateSpec } from '../../src/pki/certificate-spec.js';
import { judgeCertificate, type RenewBefore, renewBeforeOf } from '../../src/pki/judge.js';
import { generateKey } from '../../src/pki/x509/generate-key.js';
import { describeCertificate } from '../../src/pki/x509/inspect.js';
import { issue, issueAuthority } from '../../src/pki/x509/issue.js';
import { openSigner, type Signer } from '../../src/pki/x509/signer.js';
import { cluster, day, inDays, now } from './cluster.js';

const circumstances = { now, randomBytes };
const spec: CertificateSpec = {
  name: 'etcd-peer',
  commonName: 'cp-1',
  organizations: ['one', 'two'],
  usages: ['serverAuth', 'clientAuth'],
  dnsNames: ['cp-1', 'localhost'],
  ipAddresses: ['10.0.0.11', '2001:db8::1'],
  authority: 'etcd-ca',
  validityMs: 365 * day,
  algorithm: 'ECDSA-P256',
  accepted: ['ECDSA-P256'],
};

async function authority(commonName = 'etcd-ca', days = 3650) {
  const { privateKey } = await generateKey('ECDSA-P256');
  const certificate = await issueAuthority({ commonName, validityMs: days * day }, privateKey, circumstances);
  return { certificate, signer: openSigner(certificate, privateKey) };
}

const leaf = async (signer: Signer, changes: Partial<CertificateSpec> = {}) => {
  const wanted = { ...spec, ...changes };
  return issue(wanted, (await generateKey(wanted.algorithm)).publicKey, signer, circumstances);
};

const lastThird = renewBeforeOf(cluster());

let ours: Awaited<ReturnType<typeof authority>>;
let good: string;

beforeAll(async () => {
  ours = await authority();
  good = await leaf(ours.signer);
});

const problems = (pem: string, at = now, renewBefore?: RenewBefore) =>
  judgeCertificate(pem, spec, ours.certificate, at, renewBefore === undefined ? {} : { renewBefore }).map(
    ({ problem }) => problem,
  );

describe('a certificate', () => {
  it('that is what was asked for will do', () => {
    expect(problems(good)).toEqual([]);
  });

  it('may say more than what was asked for', async () => {
    expect(problems(await leaf(ours.signer, { dnsNames: [...spec.dnsNames, 'more'] }))).toEqual([]);
  });

  const faults: [title: string, changes: Partial<CertificateSpec>, problem: string, said: RegExp][] = [
    ['for someone else', { commonName: 'cp-2' }, 'subject', /for cp-2, one, two, wanted cp-1, one, two/],
    ['of another organization', { organizations: ['one'] }, 'subject', /for cp-1, one, wanted/],
    ['without a DNS name', { dnsNames: ['cp-1'] }, 'names', /does not name localhost/],
    ['without an address', { ipAddresses: ['10.0.0.11'] }, 'names', /does not name 2001:db8::1/],
    ['without any names', { dnsNames: [], ipAddresses: [] }, 'names', /does not name cp-1, localhost, 10/],
    ['for servers only', { usages: ['serverAuth'] }, 'usage', /not meant for clientAuth/],
    ['for nothing in particular', { usages: [] }, 'usage', /not meant for serverAuth, clientAuth/],
    ['with a key of another kind', { algorithm: 'ECDSA-P384' }, 'algorithm', /ECDSA-P384, wanted ECDSA-P256/],
  ];
  test.each(faults)('%s is told', async (_title, changes, problem, said) => {
    const judgements = judgeCertificate(await leaf(ours.signer, changes), spec, ours.certificate, now);
    expect(judgements).toEqual([{ problem, said: expect.stringMatching(said) }]);
  });

  it('with a key of a kind that is not made any more, and still accepted, will do', async () => {
    const other = await leaf(ours.signer, { algorithm: 'ECDSA-P384' });
    const accepting = { ...spec, accepted: ['ECDSA-P256', 'ECDSA-P384'] as const };
    expect(judgeCertificate(other, accepting, ours.certificate, now)).toEqual([]);
  });

  it('of another authority of the same name is told', async () => {
    expect(problems(await leaf((await authority()).signer))).toEqual(['issuer']);
  });

  test.each([
    ['nothing', ''],
    ['no PEM', 'a certificate'],
    ['damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('that is %s is unreadable', (_title, pem) => {
    expect(problems(pem)).toEqual(['unreadable']);
  });

  it('has a beginning and an end', () => {
    const expires = inDays(365);
    expect(problems(good, inDays(-1))).toEqual(['not-yet-valid']);
    expect(problems(good, new Date(now.getTime() - 4 * 60_000))).toEqual([]);
    expect(problems(good, expires)).toEqual([]);
    expect(judgeCertificate(good, spec, ours.certificate, inDays(366))).toEqual([
      { problem: 'expired', said: 'it expired on 2027-03-01', expires },
    ]);
  });

  it('is due for renewal only for who asks, and only when renewal would help', async () => {
    expect(problems(good, inDays(360))).toEqual([]);
    expect(problems(good, inDays(243), lastThird)).toEqual([]);
    expect(problems(good, inDays(244), lastThird)).toEqual(['expiring']);
    const short = await authority('etcd-ca', 100);
    const clipped = await leaf(short.signer);
    expect(describeCertificate(clipped).notAfter).toEqual(inDays(100));
    expect(
      judgeCertificate(clipped, spec, short.certificate, inDays(99), { renewBefore: lastThird }),
    ).toEqual([]);
  });
});

it('is due when the inventory says', () => {
  const tenDays = renewBeforeOf(cluster({ certificateRenewBefore: '240h' }));
  expect(problems(good, inDays(354), tenDays)).toEqual([]);
  expect(problems(good, inDays(356), tenDays)).toEqual(['expiring']);
});

describe('a chain', () => {
  it('may end at any certificate of a bundle', async () => {
    const other = await authority('other');
    const bundle = other.certificate + ours.certificate;
    expect(judgeCertificate(good, spec, bundle, now)).toEqual([]);
    expect(judgeCertificate(good, spec, other.certificate, now).map(({ problem }) => problem)).toEqual([
      'issuer',
    ]);
  });

  it('does not lead through a certificate that may not sign', async () => {
    const { privateKey, publicKey } = await generateKey('ECDSA-P256');
    const notAnAuthority = await issue({ ...spec, commonName: 'x' }, publicKey, ours.signer, circumstances);
    const forged = await leaf(openSigner(notAnAuthority, privateKey));
    expect(problems(forged + notAnAuthority)).toEqual(['issuer']);
  });
});

it('describes a certificate', () => {
  expect(describeCertificate(good)).toMatchObject({
    commonName: 'cp-1',
    organizations: ['one', 'two'],
    issuer: 'etcd-ca',
    dnsNames: ['cp-1', 'localhost'],
    ipAddresses: ['10.0.0.11', '2001:db8::1'],
    usages: ['serverAuth', 'clientAuth'],
    authority: false,
    notBefore: new Date(now.getTime() - 5 * 60_000),
    notAfter: inDays(365),
    algorithm: 'ECDSA-P256',
    serial: expect.stringMatching(/^[0-9A-F]{1,16}$/),
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  });
  expect(describeCertificate(ours.certificate)).toMatchObject({
    commonName: 'etcd-ca',
    issuer: 'etcd-ca',
    dnsNames: ['etcd-ca'],
    usages: [],
    authority: true,
  });
});
