import type { Secret } from '../secret.js';

export type AuthorityName = 'ca' | 'front-proxy-ca' | 'etcd-ca';

/** A certificate (PEM) with its private key (PKCS#8 or PKCS#1/SEC1 PEM, as kubeadm writes it). */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: Secret;
}

/** A certificate authority; without its key podstrap can check but not sign. */
export interface Authority {
  /** PEM; may hold intermediates after the first certificate. */
  readonly certificate: string;
  readonly key?: Secret;
}

/** All keys of one cluster, made or loaded before desired state is computed. */
export interface Keys {
  /** Random identity of the cluster (32 hex digits), made once, kept by the operator and on every host. */
  readonly clusterId: string;
  readonly authorities: Readonly<Record<AuthorityName, Authority>>;
  /** 64 hex digits that plans are sealed with; known to the operators alone. */
  readonly planKey: Secret;
  readonly serviceAccount: { readonly publicKey: string; readonly privateKey: Secret };
  /** Host name → name in the catalog (`apiserver`, `etcd-peer`, `admin`, `kubelet`, …) → pair. */
  readonly hosts: Readonly<Record<string, Readonly<Record<string, CertifiedKey>>>>;
  /** podstrap's own clients, never on a host: `super-admin` (API server) and `etcd` (etcd's gateway). */
  readonly operator: Readonly<Record<'super-admin' | 'etcd', CertifiedKey>>;
}
