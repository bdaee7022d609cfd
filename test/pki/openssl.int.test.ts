import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { certificateSpec, certificatesOf } from '../../src/pki/certificate-spec.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { cluster, controlPlane, scratch, worker } from './cluster.js';

const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const files = { ca: 'ca.crt', 'front-proxy-ca': 'front-proxy-ca.crt', 'etcd-ca': 'etcd/ca.crt' } as const;
const purposes = { serverAuth: 'sslserver', clientAuth: 'sslclient' } as const;

describe.each([
  { kinds: 'keys of the default kinds', encryptionAlgorithm: undefined },
  { kinds: 'RSA-2048', encryptionAlgorithm: 'RSA-2048' },
  { kinds: 'ECDSA-P256', encryptionAlgorithm: 'ECDSA-P256' },
  { kinds: 'ECDSA-P384', encryptionAlgorithm: 'ECDSA-P384' },
] as const)('OpenSSL and $kinds', ({ encryptionAlgorithm }) => {
  const inventory = cluster({
    encryptionAlgorithm,
    hosts: [{ ...controlPlane(1), advertiseAddress: 'fd00::11' }, worker(1)],
    controlPlaneEndpoint: 'api.example.com:6443',
  });
  const pki = join(scratch(), 'pki');
  const wanted = inventory.spec.hosts.flatMap((host) =>
    certificatesOf(inventory, host).map((name) => ({
      file: `hosts/${host.name}/${name}.pem`,
      spec: certificateSpec(inventory, host, name),
    })),
  );
  const text = (file: string) => openssl('x509', '-in', join(pki, file), '-noout', '-text');

  beforeAll(async () => {
    await openKeystore({ directory: join(pki, '..'), inventory, now: new Date() });
  });

  test.each(wanted)('agree with $file', ({ file, spec }) => {
    for (const usage of ['serverAuth', 'clientAuth'] as const) {
      const verify = () =>
        openssl(
          'verify',
          '-x509_strict',
          ...['-CAfile', join(pki, files[spec.authority])],
          ...['-purpose', purposes[usage]],
          join(pki, file),
        );
      if (spec.usages.includes(usage)) expect(verify()).toMatch(/: OK\n$/);
      else expect(verify).toThrow();
    }
    const key = openssl('pkey', '-in', join(pki, file), '-pubout');
    expect(openssl('x509', '-in', join(pki, file), '-noout', '-pubkey')).toBe(key);
  });

  test.each([
    ['ca.crt', 'kubernetes'],
    ['front-proxy-ca.crt', 'front-proxy-ca'],
    ['etcd/ca.crt', 'etcd-ca'],
  ])('find kubeadm’s properties in %s', (file, commonName) => {
    const found = text(file);
    expect(found).toContain(`Subject: CN = ${commonName}\n`);
    expect(found).toContain(`Issuer: CN = ${commonName}\n`);
    expect(found).toMatch(/Basic Constraints: critical\n\s+CA:TRUE\n/);
    expect(found).toMatch(/Key Usage: critical\n\s+Digital Signature, Key Encipherment, Certificate Sign\n/);
    expect(found).toMatch(new RegExp(`Subject Alternative Name: *\n\\s+DNS:${commonName}\n`));
    expect(found).toContain('Subject Key Identifier');
    expect(found).not.toContain('Extended Key Usage');
  });

  it('find names, usages and identifiers in leaves', () => {
    const apiserver = text('hosts/cp-1/apiserver.pem');
    expect(apiserver).toContain('Subject: CN = kube-apiserver\n');
    expect(apiserver).toMatch(/Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/);
    expect(apiserver).toMatch(/Extended Key Usage: *\n\s+TLS Web Server Authentication\n/);
    expect(apiserver).toMatch(/Basic Constraints: critical\n\s+CA:FALSE\n/);
    expect(apiserver).toContain(
      'DNS:api.example.com, DNS:cp-1, DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, ' +
        'DNS:kubernetes.default.svc.cluster.local, IP Address:10.96.0.1, IP Address:FD00:0:0:0:0:0:0:11\n',
    );
    expect(apiserver).toContain('Authority Key Identifier');
    expect(text('hosts/cp-1/admin.pem')).toContain(
      'Subject: O = kubeadm:cluster-admins, CN = kubernetes-admin\n',
    );
    expect(text('hosts/cp-1/etcd-peer.pem')).toMatch(
      /Extended Key Usage: *\n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/,
    );
    expect(text('hosts/w-1/kubelet.pem')).toContain('Subject: O = system:nodes, CN = system:node:w-1\n');
    expect(text('hosts/w-1/kubelet.pem')).not.toContain('Subject Alternative Name');
  });
});
