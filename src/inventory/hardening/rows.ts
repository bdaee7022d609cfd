import type { Flag } from '../../kubernetes/flags.js';
import type { ComponentName } from '../../kubernetes/pod-names.js';

/** A flag that a row sets where the inventory does not, and which other values say the same. */
export interface RowFlag extends Flag {
  /** Default: only its own value. */
  readonly accepts?: (value: string) => boolean;
}

/** A field of KubeletConfiguration, likewise. */
export interface RowField {
  readonly value: unknown;
  readonly accepts?: (value: unknown) => boolean;
}

/** One thing by which a cluster is harder to misuse. */
export interface HardeningRow {
  /** The profile that brings it; `none`: only whoever asks for it has it. */
  readonly profile: 'default' | 'cis' | 'none';
  /** What it does, for the reference of fields. */
  readonly does: string;
  /** Why it is in that profile. */
  readonly because: string;
  /** The checks of CIS Kubernetes Benchmark 1.12 that ask for it. */
  readonly cis: readonly string[];
  /** Where the inventory says otherwise, if that is not `spec.hardening`. */
  readonly field?: string;
  readonly flags?: Readonly<Partial<Record<ComponentName, readonly RowFlag[]>>>;
  /** An admission plugin that is off by default. */
  readonly admission?: string;
  readonly kubelet?: Readonly<Record<string, RowField>>;
}

const listOf = (value: string): readonly string[] => value.split(',').map((one) => one.trim());

/** What is strong of TLS 1.2; whoever speaks TLS 1.3 is asked for nothing. HTTP/2 needs AES_128_GCM. */
export const strongCiphers = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];
/** The kubelet takes both names of a suite, and the benchmark knows the short one alone. */
export const strongKubeletCiphers = strongCiphers.map((name) => name.replace(/(POLY1305)_SHA256$/, '$1'));
const tls13Suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const isStrong = (name: string): boolean =>
  [...strongCiphers, ...strongKubeletCiphers, ...tls13Suites].includes(name);
const ciphers: readonly RowFlag[] = [
  {
    name: 'tls-cipher-suites',
    value: strongCiphers.join(','),
    accepts: (value) => listOf(value).every(isStrong),
  },
];
const noProfiles: readonly RowFlag[] = [{ name: 'profiling', value: 'false' }];
const isNumber = (value: unknown): boolean => Number(value) > 0;

/**
 * The one table of what hardens a cluster. Rows of `default` are those that cost nobody anything: a new cluster has them, as
 * cluster.json notes at its birth. A row that is added later reaches no cluster that exists and asks for no profile.
 */
export const hardeningRows = {
  anonymous: {
    profile: 'default',
    does: 'Requests without credentials may ask for the health of API servers, and nothing else',
    because:
      'Probes and load balancers ask for nothing else, and an accidental binding to system:anonymous or system:unauthenticated lets nobody in',
    cis: ['1.2.1'],
    field: 'spec.authentication.anonymous',
  },
  privateFiles: {
    profile: 'default',
    does: 'The kubelet’s unit and configuration are readable by root alone (0600 instead of 0644)',
    because: 'Nobody else reads them. systemd logs at each reload that the unit has this mode, and continues',
    cis: ['4.1.1', '4.1.9'],
  },
  profiling: {
    profile: 'default',
    does: 'No component of the control plane serves profiling data (`profiling=false`)',
    because: 'Profiles reveal memory and code paths; switch it on for as long as you need one',
    cis: ['1.2.15', '1.3.2', '1.4.1'],
    flags: {
      'kube-apiserver': noProfiles,
      'kube-controller-manager': noProfiles,
      'kube-scheduler': noProfiles,
    },
  },
  audit: {
    profile: 'cis',
    does: 'API servers log who did what',
    because: 'It takes up to 1.1 GB of disk space on each control plane',
    cis: ['1.2.16', '1.2.17', '1.2.18', '1.2.19', '3.2.1', '3.2.2'],
    field: 'spec.audit.policy',
  },
  encryption: {
    profile: 'none',
    does: 'API servers encrypt Secrets before they store them in etcd',
    because:
      'Whoever gets hold of a disk, a backup or a snapshot of etcd reads no Secret without the keys, which are in the keystore and on the control planes',
    cis: ['1.2.27', '1.2.28'],
    field: 'spec.encryption.provider',
  },
  tokenExpiry: {
    profile: 'cis',
    does: 'Pod tokens expire after the hour that they state, instead of after a year',
    because: 'A client that never re-reads its token file gets 401 after an hour; old clients do that',
    cis: ['1.2.30'],
    flags: { 'kube-apiserver': [{ name: 'service-account-extend-token-expiration', value: 'false' }] },
  },
  ciphers: {
    profile: 'cis',
    does: 'With TLS 1.2, only suites with forward secrecy and authenticated encryption',
    because: 'A client that supports none of them can no longer connect',
    cis: ['1.2.29', '4.2.12'],
    flags: {
      'kube-apiserver': ciphers,
      'kube-controller-manager': ciphers,
      'kube-scheduler': ciphers,
    },
    kubelet: {
      tlsCipherSuites: {
        value: strongKubeletCiphers,
        accepts: (value) => Array.isArray(value) && value.every((one) => isStrong(String(one))),
      },
    },
  },
  denyServiceExternalIPs: {
    profile: 'cis',
    does: 'No new Service may name `externalIPs` (admission plugin DenyServiceExternalIPs)',
    because: 'Clusters that use them need an exception; with them a user can take over addresses of others',
    cis: ['1.2.3'],
    admission: 'DenyServiceExternalIPs',
  },
  eventRateLimit: {
    profile: 'cis',
    does: 'Events are limited per namespace and per user (admission plugin EventRateLimit: 50 a second, bursts of 100)',
    because: 'Events above the limit are lost',
    cis: ['1.2.9'],
    admission: 'EventRateLimit',
  },
  podSecurity: {
    profile: 'cis',
    does: 'Namespaces without labels of their own enforce the Pod Security Standard `baseline`, and warn about and log what `restricted` forbids; not kube-system, and not the namespaces of `spec.addons`',
    because: 'Pods that need more of the host are refused, unless a label of their namespace allows it',
    cis: ['5.2.1', '5.2.2', '5.2.3', '5.2.4', '5.2.5', '5.2.6', '5.2.8', '5.2.9', '5.2.11', '5.2.12'],
  },
  etcdUser: {
    profile: 'cis',
    does: 'etcd runs as the user `etcd` of its host, and its data belongs to that user',
    because:
      'Whoever breaks out of etcd is not root. podstrap makes the user with systemd-sysusers where there is none, and owner and pod change together while etcd is stopped',
    cis: ['1.1.12'],
  },
  podGarbage: {
    profile: 'cis',
    does: 'Terminated pods are deleted above 1,000, instead of above 12,500',
    because: 'Fewer of them are left to look at',
    cis: ['1.3.1'],
    flags: {
      'kube-controller-manager': [{ name: 'terminated-pod-gc-threshold', value: '1000', accepts: isNumber }],
    },
  },
  podPidsLimit: {
    profile: 'cis',
    does: 'A pod may have 4,096 processes',
    because: 'A pod that needs more needs a higher limit',
    cis: ['4.2.13'],
    kubelet: { podPidsLimit: { value: 4096, accepts: isNumber } },
  },
  seccompDefault: {
    profile: 'cis',
    does: 'Pods without a seccomp setting get the profile of the container runtime',
    because: 'A pod that needs a system call that it forbids has to set `seccompProfile: Unconfined`',
    cis: ['4.2.14'],
    kubelet: { seccompDefault: { value: true } },
  },
  protectKernelDefaults: {
    profile: 'none',
    does: 'The kubelet changes no kernel parameters, and does not start if one is not what it needs; podstrap sets them',
    because:
      'The benchmark no longer asks for it, DISA’s STIG does. A container that acts as a host may not be able to set them',
    cis: [],
    kubelet: { protectKernelDefaults: { value: true } },
  },
} as const satisfies Readonly<Record<string, HardeningRow>>;

export type RowName = keyof typeof hardeningRows;

export const rowNames = Object.keys(hardeningRows) as readonly RowName[];

/** The row of this name, with all that a row may have. */
export const rowOf = (name: RowName): HardeningRow => hardeningRows[name];

export const profiles = ['default', 'cis'] as const;
export type Profile = (typeof profiles)[number];

/** Whether a profile brings a row: `cis` has all of `default`. */
export const brings = (profile: Profile, name: RowName): boolean => {
  const row = rowOf(name);
  return row.profile === 'default' || row.profile === profile;
};

/** What a cluster is made with whose inventory names no profile; noted at its birth, sorted. */
export const birthRows: readonly RowName[] = rowNames.filter((name) => brings('default', name)).sort();
