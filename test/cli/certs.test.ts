import { describe, expect, it, test } from 'vitest';
import { chooseRenewal } from '../../src/cli/ask/choose-renewal.js';
import { exitCodeOf } from '../../src/cli/commands/certs.js';
import { timeSpan } from '../../src/cli/time-span.js';
import { certificatesText } from '../../src/cli/view/certificates.js';
import type { CertificateList, ListedCertificate } from '../../src/stories/list-certificates.js';
import { cluster, controlPlane, inDays, now, worker } from '../pki/cluster.js';

const listed = (days: number, more: Partial<ListedCertificate> = {}): ListedCertificate => ({
  host: 'cp-1',
  path: '/etc/kubernetes/pki/apiserver.crt',
  name: 'apiserver',
  commonName: 'kube-apiserver',
  organizations: [],
  issuer: 'kubernetes',
  dnsNames: ['kubernetes'],
  ipAddresses: ['10.0.0.11'],
  usages: ['serverAuth'],
  authority: false,
  algorithm: 'ECDSA-P256',
  serial: '01',
  fingerprint: 'AA',
  notBefore: now.toISOString(),
  expires: inDays(days).toISOString(),
  daysLeft: days,
  readBy: [{ component: 'kube-apiserver', effect: 'reload' }],
  problems: [],
  ...more,
});
const list = (items: readonly ListedCertificate[], unreachable: CertificateList['unreachable'] = []) => ({
  apiVersion: 'podstrap.io/v1alpha1' as const,
  kind: 'CertificateList' as const,
  cluster: 'test',
  items,
  unreachable,
});

describe('the list', () => {
  it('is a table, names and problems below their row', () => {
    const items = [
      listed(-1, { problems: ['it expired on 2026-02-28'] }),
      listed(300, {
        path: '/etc/kubernetes/scheduler.conf',
        part: 'client',
        dnsNames: [],
        ipAddresses: [],
        commonName: 'system:kube-scheduler',
        organizations: ['one'],
        usages: ['clientAuth'],
        readBy: [{ component: 'kube-scheduler', effect: 'restart' }],
      }),
    ];
    expect(certificatesText(list(items, [{ host: 'cp-2', said: 'no answer' }]), 'plain')).toBe(
      `EXPIRES           LEFT     HOST  CERTIFICATE                              ISSUER      SUBJECT                       USE     READ BY
2026-02-28 12:00  expired  cp-1  /etc/kubernetes/pki/apiserver.crt        kubernetes  kube-apiserver                server  kube-apiserver
    kubernetes, 10.0.0.11
    ✖ it expired on 2026-02-28
2026-12-26 12:00  300 d    cp-1  /etc/kubernetes/scheduler.conf (client)  kubernetes  system:kube-scheduler, O=one  client  kube-scheduler (restart)
✖ cp-2: no answer

2 certificates, 1 of them with a problem, the first has expired`,
    );
  });

  const codes: readonly [title: string, list: CertificateList, within: number, code: number][] = [
    ['all well', list([listed(40)]), 30, 0],
    ['one that ends within the time', list([listed(29)]), 30, 1],
    ['one with a problem', list([listed(40, { problems: ['x'] })]), 0, 1],
    ['a host that was not seen', list([listed(40)], [{ host: 'cp-2', said: 'x' }]), 30, 75],
    ['one that was not seen, and a problem', list([listed(-1)], [{ host: 'cp-2', said: 'x' }]), 0, 1],
  ];
  test.each(codes)('%s', (_title, seen, within, code) => {
    expect(exitCodeOf(seen, inDays(within).getTime())).toBe(code);
  });
});

test.each([
  ['30d', 30 * 86_400_000],
  ['1h30m', 5_400_000],
])('%s is a time', (text, milliseconds) => expect(timeSpan(text)).toBe(milliseconds));
test.each(['30', 'd', '-3d', '1w', ''])('%j is no time', (text) =>
  expect(() => timeSpan(text)).toThrow('30d'),
);

describe('what to renew', () => {
  const inventory = cluster({ hosts: [controlPlane(1), controlPlane(2), worker(1)] });
  const chosen = (names: readonly string[], host?: string) => {
    const choice = chooseRenewal(inventory, names, host);
    const pairs = ['cp-1', 'cp-2', 'w-1', undefined].flatMap((of) =>
      ['apiserver', 'admin', 'kubelet', 'etcd', 'super-admin'].map((name) => [of, name] as const),
    );
    return pairs.filter(([of, name]) => choice(of, name)).map(([of, name]) => `${of ?? 'operator'}/${name}`);
  };
  const wholeHost = (host: string) => [`${host}/apiserver`, `${host}/admin`, `${host}/kubelet`];
  const everything = [
    ...wholeHost('cp-1'),
    ...wholeHost('cp-2'),
    'w-1/kubelet',
    'operator/etcd',
    'operator/super-admin',
  ];

  it('is everything, unless something is named', () => {
    expect(chosen([])).toEqual(everything);
    expect(chosen(['all'])).toEqual(everything);
    expect(chosen([], 'cp-2')).toEqual(wholeHost('cp-2'));
    expect(chosen(['kubelet'])).toEqual(['cp-1/kubelet', 'cp-2/kubelet', 'w-1/kubelet']);
    expect(chosen(['cp-2/admin', 'operator/etcd'])).toEqual(['cp-2/admin', 'operator/etcd']);
    expect(chosen(['admin.conf'], 'cp-1')).toEqual(['cp-1/admin']);
  });

  it.each([
    [['apisrver'], undefined, 'did you mean "apiserver"'],
    [['w-1/apiserver'], undefined, 'no certificate w-1/apiserver'],
    [['operator/etcd'], 'cp-1', 'no certificate operator/etcd'],
    [['etcd-ca'], undefined, 'authority'],
    [[], 'cp-9', 'no host cp-9'],
  ])('%j of %s is refused', (names, host, said) => {
    expect(() => chosen(names, host)).toThrow(said);
  });
});
