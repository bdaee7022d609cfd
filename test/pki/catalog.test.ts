import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { catalog } from '../../src/pki/catalog.js';
import { certificateSpec, certificatesOf, operatorSpec } from '../../src/pki/certificate-spec.js';
import { shortAddress, subjectNames } from '../../src/pki/x509/subject-names.js';
import { cluster, controlPlane, worker } from './cluster.js';

const specOf = (name: string, spec: Parameters<typeof cluster>[0] = {}) => {
  const inventory = cluster(spec);
  return certificateSpec(inventory, inventory.spec.hosts[0]!, name);
};

describe('the table of certificates is kubeadm’s', () => {
  const rows: [name: string, file: string, authority: string, subject: string, usages: string][] = [
    ['apiserver', 'pki/apiserver', 'ca', 'kube-apiserver', 'serverAuth'],
    [
      'apiserver-kubelet-client',
      'pki/apiserver-kubelet-client',
      'ca',
      'kube-apiserver-kubelet-client',
      'clientAuth',
    ],
    [
      'apiserver-etcd-client',
      'pki/apiserver-etcd-client',
      'etcd-ca',
      'kube-apiserver-etcd-client',
      'clientAuth',
    ],
    ['front-proxy-client', 'pki/front-proxy-client', 'front-proxy-ca', 'front-proxy-client', 'clientAuth'],
    ['etcd-server', 'pki/etcd/server', 'etcd-ca', 'cp-1', 'serverAuth clientAuth'],
    ['etcd-peer', 'pki/etcd/peer', 'etcd-ca', 'cp-1', 'serverAuth clientAuth'],
    [
      'etcd-healthcheck-client',
      'pki/etcd/healthcheck-client',
      'etcd-ca',
      'kube-etcd-healthcheck-client',
      'clientAuth',
    ],
    ['admin', 'admin.conf', 'ca', 'kubeadm:cluster-admins kubernetes-admin', 'clientAuth'],
    ['controller-manager', 'controller-manager.conf', 'ca', 'system:kube-controller-manager', 'clientAuth'],
    ['scheduler', 'scheduler.conf', 'ca', 'system:kube-scheduler', 'clientAuth'],
    ['kubelet', 'kubelet.conf', 'ca', 'system:nodes system:node:cp-1', 'clientAuth'],
    ['kube-vip', 'kube-vip.conf', 'ca', 'kube-vip', 'clientAuth'],
    ['kubelet-server', '/var/lib/kubelet/pki/kubelet', 'ca', 'system:nodes system:node:cp-1', 'serverAuth'],
  ];

  it('has these rows and no others', () => {
    expect(Object.keys(catalog)).toEqual(rows.map(([name]) => name));
  });

  test.each(rows)('%s', (name, file, authority, subject, usages) => {
    const spec = specOf(name);
    expect(catalog[name]!.file).toBe(file);
    expect(spec.authority).toBe(authority);
    expect([...spec.organizations, spec.commonName].join(' ')).toBe(subject);
    expect(spec.usages.join(' ')).toBe(usages);
    expect(spec.validityMs).toBe(8760 * 3_600_000);
    expect(spec.algorithm).toBe('ECDSA-P256');
  });

  test.each(['RSA-2048', 'RSA-4096', 'ECDSA-P384'] as const)(
    'all keys are %s where that is asked for',
    (algorithm) => {
      const inventory = cluster({ encryptionAlgorithm: algorithm });
      const [host] = inventory.spec.hosts;
      for (const spec of [
        ...certificatesOf(inventory, host!).map((name) => certificateSpec(inventory, host!, name)),
        operatorSpec(inventory, 'super-admin'),
        operatorSpec(inventory, 'etcd'),
      ])
        expect(spec).toMatchObject({ algorithm, accepted: [algorithm] });
    },
  );

  it('gives RSA to who serves and to people, where nothing is asked for, and accepts it of all', () => {
    const inventory = cluster({ encryptionAlgorithm: undefined });
    const [host] = inventory.spec.hosts;
    const namesOf = (algorithm: string, ...accepted: string[]) =>
      certificatesOf(inventory, host!).filter((name) => {
        const spec = certificateSpec(inventory, host!, name);
        return spec.algorithm === algorithm && String(spec.accepted) === String(accepted);
      });
    expect(namesOf('RSA-2048', 'RSA-2048')).toEqual(['apiserver', 'etcd-server', 'etcd-peer', 'admin']);
    expect(namesOf('ECDSA-P256', 'ECDSA-P256', 'RSA-2048')).toEqual([
      'apiserver-kubelet-client',
      'apiserver-etcd-client',
      'front-proxy-client',
      'etcd-healthcheck-client',
      'controller-manager',
      'scheduler',
      'kubelet',
      'kubelet-server',
    ]);
    expect(operatorSpec(inventory, 'etcd').algorithm).toBe('ECDSA-P256');
  });

  it('gives a worker its kubelet’s certificates only', () => {
    const inventory = cluster({
      hosts: [controlPlane(1), worker(1)],
      virtualAddress: { address: '10.0.0.9' },
    });
    const { hosts } = inventory.spec;
    expect(certificatesOf(inventory, hosts[0]!)).toEqual(rows.map(([name]) => name));
    expect(certificatesOf(inventory, hosts[1]!)).toEqual(['kubelet', 'kubelet-server']);
  });

  it('gives only those who hold a virtual address an identity for it', () => {
    const inventory = cluster();
    expect(certificatesOf(inventory, inventory.spec.hosts[0]!)).toEqual(
      rows.map(([name]) => name).filter((name) => name !== 'kube-vip'),
    );
  });

  it('has clients of its own for the operator', () => {
    expect(operatorSpec(cluster(), 'super-admin')).toMatchObject({
      commonName: 'kubernetes-super-admin',
      organizations: ['system:masters'],
      authority: 'ca',
      usages: ['clientAuth'],
    });
    expect(operatorSpec(cluster(), 'etcd')).toMatchObject({
      commonName: 'podstrap-operator',
      organizations: [],
      authority: 'etcd-ca',
      usages: ['clientAuth'],
    });
  });
});

describe('the API server’s client at kubelets is authorised by group until the release that binds its user', () => {
  test.each([
    ['v1.34.7', ['kubeadm:cluster-admins']],
    ['v1.34.8', []],
    ['v1.35.4', ['kubeadm:cluster-admins']],
    ['v1.35.5', []],
    ['v1.36.0', ['kubeadm:cluster-admins']],
    ['v1.36.1', []],
    ['v1.36.1-rc.0', []],
    ['v1.37.0', []],
    ['v1.37.0-beta.1', []],
  ])('%s', (kubernetesVersion, organizations) => {
    expect(specOf('apiserver-kubelet-client', { kubernetesVersion }).organizations).toEqual(organizations);
  });
});

describe('names of the API server', () => {
  const always = ['cp-1', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const cases: [
    title: string,
    spec: Parameters<typeof cluster>[0],
    dns: readonly string[],
    ips: readonly string[],
  ][] = [
    ['by default', {}, [...always, 'kubernetes.default.svc.cluster.local'], ['10.0.0.11', '10.96.0.1']],
    [
      'with another domain and service network',
      { networking: { dnsDomain: 'k8s.example.com', serviceSubnet: '172.16.5.0/24' } },
      [...always, 'kubernetes.default.svc.k8s.example.com'],
      ['10.0.0.11', '172.16.5.1'],
    ],
    [
      'with an endpoint that is a name',
      { controlPlaneEndpoint: 'api.example.com:6443' },
      ['api.example.com', ...always, 'kubernetes.default.svc.cluster.local'],
      ['10.0.0.11', '10.96.0.1'],
    ],
    [
      'with an endpoint that is an IPv6 address with a port',
      { controlPlaneEndpoint: '[2001:DB8::0:5]:443' },
      [...always, 'kubernetes.default.svc.cluster.local'],
      ['10.0.0.11', '10.96.0.1', '2001:db8::5'],
    ],
    [
      'with an endpoint that is an IPv6 address alone',
      { controlPlaneEndpoint: 'fd00::1' },
      [...always, 'kubernetes.default.svc.cluster.local'],
      ['10.0.0.11', '10.96.0.1', 'fd00::1'],
    ],
    [
      'dual-stack: the first service network only',
      { networking: { serviceSubnet: 'fd00:10:96::/112,10.96.0.0/12' } },
      [...always, 'kubernetes.default.svc.cluster.local'],
      ['10.0.0.11', 'fd00:10:96::1'],
    ],
    [
      'of IPv6, with a virtual address',
      {
        hosts: [{ ...controlPlane(1), address: '2001:db8::11' }],
        networking: { serviceSubnet: 'fd00:10:96::/112' },
        virtualAddress: { address: '2001:db8::10' },
      },
      [...always, 'kubernetes.default.svc.cluster.local'],
      ['2001:db8::10', '2001:db8::11', 'fd00:10:96::1'],
    ],
    [
      'with more that the user wants, once each',
      { apiServer: { certSANs: ['kubernetes', '*.example.com', '10.0.0.11', '0:0:0:0:0:0:0:1', '::1'] } },
      ['*.example.com', ...always, 'kubernetes.default.svc.cluster.local'],
      ['10.0.0.11', '10.96.0.1', '::1'],
    ],
  ];

  test.each(cases)('%s', (_title, spec, dnsNames, ipAddresses) => {
    expect(specOf('apiserver', spec)).toMatchObject({ dnsNames, ipAddresses });
  });

  it('keeps the certificates of the others as they are when the first control plane changes', () => {
    const apiserver = (hosts: readonly ReturnType<typeof controlPlane>[]) => {
      const inventory = cluster({ hosts: [...hosts] });
      return certificateSpec(
        inventory,
        inventory.spec.hosts.find(({ name }) => name === 'cp-2')!,
        'apiserver',
      );
    };
    expect(apiserver([controlPlane(1), controlPlane(2)])).toEqual(
      apiserver([controlPlane(3), controlPlane(2)]),
    );
  });
});

describe('names of etcd', () => {
  const etcd = { local: { serverCertSANs: ['etcd.example.com'], peerCertSANs: ['192.0.2.7'] } };

  it('are those of the host, loopback, and what the user adds for clients or for peers', () => {
    expect(specOf('etcd-server', { etcd })).toMatchObject({
      dnsNames: ['cp-1', 'etcd.example.com', 'localhost'],
      ipAddresses: ['10.0.0.11', '127.0.0.1', '::1'],
    });
    expect(specOf('etcd-peer', { etcd })).toMatchObject({
      dnsNames: ['cp-1', 'localhost'],
      ipAddresses: ['10.0.0.11', '127.0.0.1', '192.0.2.7', '::1'],
    });
  });
});

describe('any names', () => {
  const name = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());

  it('are kept, sorted, once each, and are the same however they are ordered or spelled', () => {
    fc.assert(
      fc.property(fc.array(name), fc.infiniteStream(fc.nat()), (names, dice) => {
        const { dnsNames, ipAddresses } = subjectNames(names);
        for (const list of [dnsNames, ipAddresses]) expect(list).toEqual([...new Set(list)].sort());
        for (const one of names)
          expect(isIPv4(one) || isIPv6(one) ? ipAddresses : dnsNames).toContain(
            isIPv4(one) || isIPv6(one) ? shortAddress(one) : one.toLowerCase(),
          );
        const shuffled = names
          .map((one) => [dice.next().value, one.toUpperCase()] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        expect(subjectNames([...shuffled, ...names])).toEqual({ dnsNames, ipAddresses });
      }),
    );
  });
});
