import { flagName } from './flags.js';
import type { Program } from './removals.js';

/**
 * Who a flag belongs to. `instead`: a field of the inventory says the same, or podstrap's own work rests on the value, so
 * that two of them would contradict each other: what to write instead, or that there is nothing. `free`: anybody may set
 * it, and why that contradicts nothing.
 */
export type FlagOwner =
  | {
      readonly instead: string;
      /** Only with this plugin of the network. */
      readonly withPlugin?: 'routes';
    }
  | { readonly free: string };

const field = (name: string): FlagOwner => ({ instead: name });
const nothing = (why: string): FlagOwner => ({ instead: `nothing: ${why}` });
const free = (why: string): FlagOwner => ({ free: why });

const made = nothing('podstrap makes it, and renews it');
const namesOfEtcd = field('spec.etcd.local.serverCertSANs for more names; the certificate is podstrap’s');
const peersOfEtcd = field('spec.etcd.local.peerCertSANs for more names; the certificate is podstrap’s');
const etcdAuthority = field('spec.certificateAuthorities.etcd-ca');
const authority = field('spec.certificateAuthorities.ca');
const frontProxy = field('spec.certificateAuthorities.front-proxy-ca');
const settled = nothing('podstrap decides it when a member is created');
const identity = nothing('podstrap makes the identity of the component, and its kubeconfig');
const tuning = free('an ordinary value that no field covers');
const probed = free('the probe and the gate of the pod ask where it says');
const led = free('one control plane alone needs no election');

/**
 * Every flag that podstrap gives a program itself, and those by which a program would leave what the inventory says. Names
 * without dashes. A flag that is not here is free: podstrap says nothing about it.
 */
export const flagOwners: Readonly<Record<Program, Readonly<Record<string, FlagOwner>>>> = {
  etcd: {
    'advertise-client-urls': free('API servers ask etcd where it says'),
    'cert-file': namesOfEtcd,
    'client-cert-auth': nothing('whoever can read etcd can read every Secret'),
    'config-file': nothing('with it etcd reads no flag'),
    'data-dir': field('spec.etcd.local.dataDir'),
    'experimental-initial-corrupt-check': tuning,
    'experimental-watch-progress-notify-interval': tuning,
    'feature-gates': tuning,
    'force-new-cluster': nothing('`podstrap etcd restore` builds a new cluster from a snapshot'),
    'initial-advertise-peer-urls': field('advertiseAddress of the host'),
    'initial-cluster': settled,
    'initial-cluster-state': settled,
    'key-file': namesOfEtcd,
    'listen-client-urls': free('it may listen at more addresses; podstrap asks at the loopback one'),
    'listen-metrics-urls': probed,
    'listen-peer-urls': free('it may listen at more addresses'),
    name: field('name of the host'),
    'peer-cert-file': peersOfEtcd,
    'peer-client-cert-auth': nothing('every peer of etcd has all of its data'),
    'peer-key-file': peersOfEtcd,
    'peer-trusted-ca-file': etcdAuthority,
    'snapshot-count': tuning,
    'trusted-ca-file': etcdAuthority,
    'wal-dir': field('spec.etcd.local.dataDir, which also holds the log'),
    'watch-progress-notify-interval': tuning,
  },
  'kube-apiserver': {
    'advertise-address': field('advertiseAddress of the host'),
    'allow-privileged': tuning,
    'authorization-mode': tuning,
    'client-ca-file': authority,
    'enable-admission-plugins': tuning,
    'enable-bootstrap-token-auth': tuning,
    'etcd-cafile': etcdAuthority,
    'etcd-certfile': made,
    'etcd-keyfile': made,
    'etcd-servers': nothing('each API server asks the etcd of its own host'),
    'kubelet-certificate-authority': free('kubelets may have certificates of another authority'),
    'kubelet-client-certificate': made,
    'kubelet-client-key': made,
    'kubelet-preferred-address-types': tuning,
    'proxy-client-cert-file': made,
    'proxy-client-key-file': made,
    'requestheader-allowed-names': tuning,
    'requestheader-client-ca-file': frontProxy,
    'requestheader-extra-headers-prefix': tuning,
    'requestheader-group-headers': tuning,
    'requestheader-username-headers': tuning,
    'secure-port': field('spec.apiServer.bindPort'),
    'service-account-issuer': free('several may be given, and a change of them has its order'),
    'service-account-key-file': free('several may be given, such as those of an earlier cluster'),
    'service-account-signing-key-file': free(
      'tokens may be signed with another key, whose public half is among the key files',
    ),
    'service-cluster-ip-range': field('spec.networking.serviceSubnet'),
    'shutdown-watch-termination-grace-period': tuning,
    'tls-cert-file': field(
      'spec.apiServer.certSANs for more names; tls-sni-cert-key for another certificate',
    ),
    'tls-private-key-file': field(
      'spec.apiServer.certSANs for more names; tls-sni-cert-key for another certificate',
    ),
  },
  'kube-controller-manager': {
    'allocate-node-cidrs': {
      instead: 'spec.networking.plugin: with `routes` podstrap gives every host its network',
      withPlugin: 'routes',
    },
    'authentication-kubeconfig': identity,
    'authorization-kubeconfig': identity,
    'bind-address': probed,
    'client-ca-file': authority,
    'cluster-cidr': field('spec.networking.podSubnet'),
    'cluster-name': field('spec.clusterName'),
    'cluster-signing-cert-file': free('another authority may sign what is requested through the API'),
    'cluster-signing-key-file': free('another authority may sign what is requested through the API'),
    controllers: tuning,
    'kube-api-burst': tuning,
    'kube-api-qps': tuning,
    kubeconfig: identity,
    'leader-elect': led,
    'requestheader-client-ca-file': frontProxy,
    'root-ca-file': free('pods may be given more authorities than the cluster’s'),
    'service-account-private-key-file': free('tokens may be signed by another key'),
    'service-cluster-ip-range': field('spec.networking.serviceSubnet'),
    'use-service-account-credentials': tuning,
  },
  'kube-scheduler': {
    'authentication-kubeconfig': identity,
    'authorization-kubeconfig': identity,
    'bind-address': probed,
    kubeconfig: identity,
    'leader-elect': led,
  },
  kubelet: {
    'bootstrap-kubeconfig': nothing('podstrap makes the kubelet’s certificates'),
    config: field('kubelet.config'),
    'config-dir': field('kubelet.config'),
    'hostname-override': field('the name of the host'),
    kubeconfig: nothing('podstrap makes it'),
    'node-ip': free('with a network plugin of your own only you know a host’s second address'),
    'pod-manifest-path': nothing('it is always /etc/kubernetes/manifests'),
  },
};

/**
 * What to write instead of a flag in `extraArgs`; undefined for one that is free. Programs of Kubernetes take underscores
 * for dashes.
 */
export function insteadOf(program: Program, flag: string, plugin: string): string | undefined {
  const owner = Object.entries(flagOwners[program]).find(([name]) => name === flagName(flag))?.[1];
  if (owner === undefined || 'free' in owner) return undefined;
  return owner.withPlugin === undefined || owner.withPlugin === plugin ? owner.instead : undefined;
}

/** The flag that etcd reads from an environment variable where its command line does not have it, such as ETCD_WAL_DIR. */
export const etcdFlagOf = (variable: string): string | undefined =>
  variable.startsWith('ETCD_')
    ? variable.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-')
    : undefined;
