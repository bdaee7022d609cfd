import type { AuthorityName, CertifiedKey, Keys } from '../../src/pki/keys.js';
import { Secret } from '../../src/secret.js';

const pem = (kind: string, text: string): string =>
  `-----BEGIN ${kind}-----\n${Buffer.from(text).toString('base64')}\n-----END ${kind}-----\n`;

const pair = (name: string): CertifiedKey => ({
  certificate: pem('CERTIFICATE', `certificate ${name}`),
  key: new Secret(pem('RSA PRIVATE KEY', `key ${name}`)),
});

const controlPlaneNames = [
  'apiserver',
  'apiserver-kubelet-client',
  'apiserver-etcd-client',
  'front-proxy-client',
  'etcd-server',
  'etcd-peer',
  'etcd-healthcheck-client',
  'admin',
  'controller-manager',
  'scheduler',
  'kube-vip',
];

/** Keys that are nothing but names: short, always the same, and no key at all. */
export function fakeKeys(
  hosts: readonly { readonly name: string; readonly roles: readonly string[] }[],
  options: { readonly externalAuthority?: boolean } = {},
): Keys {
  const authority = (name: AuthorityName) =>
    options.externalAuthority ? { certificate: pair(name).certificate } : pair(name);
  return {
    clusterId: '0123456789abcdef0123456789abcdef',
    authorities: {
      ca: authority('ca'),
      'front-proxy-ca': authority('front-proxy-ca'),
      'etcd-ca': authority('etcd-ca'),
    },
    planKey: new Secret('5'.repeat(64)),
    serviceAccount: { publicKey: pem('PUBLIC KEY', 'sa'), privateKey: pair('sa').key },
    hosts: Object.fromEntries(
      hosts.map((host) => {
        const everywhere = ['kubelet', 'kubelet-server'];
        const names = host.roles.includes('control-plane')
          ? [...controlPlaneNames, ...everywhere]
          : everywhere;
        return [host.name, Object.fromEntries(names.map((name) => [name, pair(`${host.name} ${name}`)]))];
      }),
    ),
    operator: { 'super-admin': pair('super-admin'), etcd: pair('etcd') },
  };
}
