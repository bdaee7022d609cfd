import { strongCiphers, strongKubeletCiphers } from '../../inventory/hardening/rows.js';
import { lastValue } from '../../kubernetes/flags.js';
import type { ComponentName } from '../../kubernetes/pod-names.js';
import { type CisFacts, cisPaths } from './cis-facts.js';

/** What is not as the benchmark wants it; undefined where all is. */
type Judge = (facts: CisFacts, dataDir: string) => string | undefined;

/** One check of the benchmark. */
export interface CisCheck {
  readonly id: string;
  /** What is true where it passes. */
  readonly about: string;
  /** One that is scored fails; any other only warns. */
  readonly scored: boolean;
  readonly on: 'control-plane' | 'node';
  readonly judge: Judge;
  /** Of one that may warn with `profile: cis`: how podstrap answers it. */
  readonly answer?: string;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
const within = (mode: number, most: number): boolean => (mode & ~most) === 0;

const first = ({ files }: CisFacts, places: readonly string[]) =>
  places.map((path) => files.get(path)).find((file) => file !== undefined);

const modeOf =
  (most: number, ...places: readonly string[]): Judge =>
  (facts) => {
    const file = first(facts, places);
    if (file === undefined) return `${places.at(-1)} is not there`;
    return within(file.mode, most) ? undefined : `${file.path} has mode ${octal(file.mode)}`;
  };

const ownerOf =
  (...places: readonly string[]): Judge =>
  (facts) => {
    const file = first(facts, places);
    if (file === undefined) return `${places.at(-1)} is not there`;
    return file.owner === 'root:root' ? undefined : `${file.path} belongs to ${file.owner}`;
  };

/** Of each that is there; there has to be one. */
const each =
  (places: readonly string[], judge: (path: string) => Judge): Judge =>
  (facts, dataDir) => {
    const there = places.filter((path) => facts.files.has(path));
    if (there.length === 0) return `${places.join(' or ')} is not there`;
    return there.map((path) => judge(path)(facts, dataDir)).find((said) => said !== undefined);
  };

const flagValue = ({ flags }: CisFacts, component: ComponentName, flag: string): string | undefined =>
  lastValue(flags.get(component) ?? [], flag);

const flag =
  (
    component: ComponentName,
    name: string,
    holds: (value: string | undefined) => boolean = (value) => value !== undefined,
  ): Judge =>
  (facts) => {
    const value = flagValue(facts, component, name);
    if (holds(value)) return undefined;
    return value === undefined ? `${component} has no --${name}` : `${component} has --${name}=${value}`;
  };

const all =
  (...judges: readonly Judge[]): Judge =>
  (facts, dataDir) =>
    judges.map((judge) => judge(facts, dataDir)).find((said) => said !== undefined);

const is = (wanted: string) => (value: string | undefined) => value === wanted;
const isNot = (unwanted: string) => (value: string | undefined) => value !== unwanted;
const absentOr = (wanted: string) => (value: string | undefined) => value === undefined || value === wanted;
const isAbsent = (value: string | undefined) => value === undefined;
const atLeast = (least: number) => (value: string | undefined) => Number(value) >= least;
const listIn = (value: string | undefined) => (value ?? '').split(',').map((one) => one.trim());
const has = (one: string) => (value: string | undefined) => listIn(value).includes(one);
const lacks = (one: string) => (value: string | undefined) => !listIn(value).includes(one);
const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const isStrong = (value: string | undefined) =>
  value !== undefined && listIn(value).every((one) => [...strongCiphers, ...tls13].includes(one));

/** A flag of the kubelet counts before its configuration. */
const setting =
  (path: string, holds: (value: unknown) => boolean, flagName?: string): Judge =>
  ({ kubelet, kubeletFlags }) => {
    const given = flagName === undefined ? undefined : lastValue(kubeletFlags, flagName);
    const value =
      given ??
      path
        .split('.')
        .reduce<unknown>(
          (whole, key) => (whole as Readonly<Record<string, unknown>> | undefined)?.[key],
          kubelet,
        );
    if (holds(value)) return undefined;
    return value === undefined
      ? `the kubelet’s configuration has no ${path}`
      : `the kubelet has ${path}: ${JSON.stringify(value)}`;
  };
const isTrueOrAbsent = (value: unknown) => value === undefined || String(value) === 'true';

const person =
  (said: string): Judge =>
  () =>
    said;

const master = (id: string, about: string, judge: Judge, scored = true, answer?: string): CisCheck => ({
  id,
  about,
  scored,
  on: 'control-plane',
  judge,
  ...(answer === undefined ? {} : { answer }),
});
const manual = (id: string, about: string, judge: Judge, answer?: string) =>
  master(id, about, judge, false, answer);
const node = (id: string, about: string, judge: Judge, scored = true, answer?: string): CisCheck => ({
  ...master(id, about, judge, scored, answer),
  on: 'node',
});

const { manifest, unit, dropIn } = cisPaths;
const server = 'kube-apiserver';
const manager = 'kube-controller-manager';

const files = (id: number, what: string, ...places: readonly string[]): readonly CisCheck[] => [
  master(`1.1.${id}`, `${what} is for root alone`, modeOf(0o600, ...places)),
  master(`1.1.${id + 1}`, `${what} belongs to root`, ownerOf(...places)),
];

const etcdData: Judge = ({ files: found }, dataDir) => {
  const file = found.get(dataDir);
  if (file === undefined) return `${dataDir} is not there`;
  return within(file.mode, 0o700) ? undefined : `${dataDir} has mode ${octal(file.mode)}`;
};
const etcdOwner: Judge = ({ files: found }, dataDir) => {
  const owner = found.get(dataDir)?.owner ?? 'nobody';
  return owner === 'etcd:etcd' ? undefined : `${dataDir} belongs to ${owner}`;
};

const pkiModes =
  (ending: string, most: number): Judge =>
  ({ pki }) => {
    const named = pki.filter(({ path }) => path.endsWith(ending));
    if (named.length === 0) return `there is no *${ending}`;
    const wrong = named.find(({ mode }) => !within(mode, most));
    return wrong && `${wrong.path} has mode ${octal(wrong.mode)}`;
  };

/**
 * The checks of CIS Kubernetes Benchmark 1.12 that are about hosts, by what kube-bench asks of each. Those of section 5 are
 * about workloads, and a person's to judge.
 */
export const cisChecks: readonly CisCheck[] = [
  ...files(1, 'the API server’s manifest', manifest(server)),
  ...files(3, 'the controller manager’s manifest', manifest(manager)),
  ...files(5, 'the scheduler’s manifest', manifest('kube-scheduler')),
  ...files(7, 'etcd’s manifest', manifest('etcd')),
  ...(['9', '10'] as const).map((id) =>
    manual(
      `1.1.${id}`,
      id === '9' ? 'files of network plugins are for root alone' : 'files of network plugins belong to root',
      ({ cni }) => {
        if (cni.length === 0) return 'no plugin keeps anything in /var/lib/cni/networks';
        const wrong = cni.find((file) =>
          id === '9' ? !within(file.mode, 0o600) : file.owner !== 'root:root',
        );
        return wrong && `${wrong.path} has mode ${octal(wrong.mode)} and belongs to ${wrong.owner}`;
      },
      'podstrap’s own configuration in /etc/cni/net.d belongs to root. What plugins keep in /var/lib/cni/networks is written by them, with 0644: names of containers and addresses',
    ),
  ),
  master('1.1.11', 'etcd’s data is for its owner alone', etcdData),
  master(
    '1.1.12',
    'etcd’s data belongs to etcd:etcd',
    etcdOwner,
    true,
    'etcd runs as root in its container, and its data belongs to root:root, 0700, unless `spec.hardening.etcdUser` is true, as it is with `profile: cis`',
  ),
  master(
    '1.1.13',
    'the administrator’s kubeconfig is for root alone',
    each([cisPaths.admin, cisPaths.superAdmin], (path) => modeOf(0o600, path)),
  ),
  master(
    '1.1.14',
    'the administrator’s kubeconfig belongs to root',
    each([cisPaths.admin, cisPaths.superAdmin], (path) => ownerOf(path)),
  ),
  ...files(15, 'the scheduler’s kubeconfig', cisPaths.scheduler),
  ...files(17, 'the controller manager’s kubeconfig', cisPaths.controllerManager),
  master('1.1.19', 'all of /etc/kubernetes/pki belongs to root', ({ pki }) => {
    if (pki.length === 0) return '/etc/kubernetes/pki is not there';
    const wrong = pki.find(({ owner }) => owner !== 'root:root');
    return wrong && `${wrong.path} belongs to ${wrong.owner}`;
  }),
  manual('1.1.20', 'certificates cannot be written by others', pkiModes('.crt', 0o644)),
  manual('1.1.21', 'keys are for root alone', pkiModes('.key', 0o600)),
  manual(
    '1.2.1',
    'anonymous requests are off',
    flag(server, 'anonymous-auth', is('false')),
    'Anonymous requests get an answer for /livez, /readyz and /healthz alone (`authentication.anonymous: health`): without them the kubelet’s probes and load balancers get 401, and the API server is restarted forever. The check looks only at the flag',
  ),
  master('1.2.2', 'there are no static tokens', flag(server, 'token-auth-file', isAbsent)),
  manual(
    '1.2.3',
    'DenyServiceExternalIPs is on',
    flag(server, 'enable-admission-plugins', has('DenyServiceExternalIPs')),
  ),
  master(
    '1.2.4',
    'kubelets are shown a client certificate',
    all(flag(server, 'kubelet-client-certificate'), flag(server, 'kubelet-client-key')),
  ),
  master('1.2.5', 'certificates of kubelets are checked', flag(server, 'kubelet-certificate-authority')),
  master(
    '1.2.6',
    'not everybody is authorized',
    flag(server, 'authorization-mode', (value) => value !== undefined && lacks('AlwaysAllow')(value)),
  ),
  master('1.2.7', 'nodes have a mode of authorization', flag(server, 'authorization-mode', has('Node'))),
  master('1.2.8', 'RBAC is a mode of authorization', flag(server, 'authorization-mode', has('RBAC'))),
  manual('1.2.9', 'EventRateLimit is on', flag(server, 'enable-admission-plugins', has('EventRateLimit'))),
  master('1.2.10', 'AlwaysAdmit is off', flag(server, 'enable-admission-plugins', lacks('AlwaysAdmit'))),
  manual(
    '1.2.11',
    'AlwaysPullImages is on',
    flag(server, 'enable-admission-plugins', has('AlwaysPullImages')),
    'It makes each start of a pod depend on the registry, and breaks images that are sent to hosts beforehand, as podstrap does. If you need it, add it to `enable-admission-plugins`; the kubelet’s `imagePullCredentialsVerificationPolicy` has the same purpose without that',
  ),
  master(
    '1.2.12',
    'ServiceAccount is on',
    flag(server, 'disable-admission-plugins', lacks('ServiceAccount')),
  ),
  master(
    '1.2.13',
    'NamespaceLifecycle is on',
    flag(server, 'disable-admission-plugins', lacks('NamespaceLifecycle')),
  ),
  master('1.2.14', 'NodeRestriction is on', flag(server, 'enable-admission-plugins', has('NodeRestriction'))),
  master('1.2.15', 'the API server serves no profiles', flag(server, 'profiling', is('false'))),
  master('1.2.16', 'there is an audit log', flag(server, 'audit-log-path')),
  master('1.2.17', 'audit logs are kept for 30 days', flag(server, 'audit-log-maxage', atLeast(30))),
  master('1.2.18', '10 audit logs are kept', flag(server, 'audit-log-maxbackup', atLeast(10))),
  master('1.2.19', 'audit logs may have 100 MB', flag(server, 'audit-log-maxsize', atLeast(100))),
  manual(
    '1.2.20',
    'requests have a timeout that fits',
    person('the timeout is for a person to judge'),
    'Kubernetes’ default, 60 s, is in force unless `extraArgs` has `request-timeout`',
  ),
  master(
    '1.2.21',
    'tokens of deleted accounts end',
    flag(server, 'service-account-lookup', absentOr('true')),
  ),
  master('1.2.22', 'tokens are checked by a key', flag(server, 'service-account-key-file')),
  master(
    '1.2.23',
    'etcd is shown a client certificate',
    all(flag(server, 'etcd-certfile'), flag(server, 'etcd-keyfile')),
  ),
  master(
    '1.2.24',
    'the API serves TLS',
    all(flag(server, 'tls-cert-file'), flag(server, 'tls-private-key-file')),
  ),
  master('1.2.25', 'clients have an authority', flag(server, 'client-ca-file')),
  master('1.2.26', 'etcd’s certificate is checked', flag(server, 'etcd-cafile')),
  manual(
    '1.2.27',
    'Secrets are encrypted in etcd',
    flag(server, 'encryption-provider-config'),
    'Set `spec.encryption.provider: secretbox`; docs/encryption.md',
  ),
  manual(
    '1.2.28',
    'they are encrypted by a strong provider',
    ({ provider }) =>
      provider !== undefined && ['aescbc', 'kms', 'secretbox'].includes(provider)
        ? undefined
        : `the first provider is ${provider ?? 'none'}`,
    'As 1.2.27',
  ),
  manual('1.2.29', 'the API server has strong ciphers', flag(server, 'tls-cipher-suites', isStrong)),
  master(
    '1.2.30',
    'tokens of pods end when they say',
    flag(server, 'service-account-extend-token-expiration', is('false')),
  ),
  manual('1.3.1', 'pods that have ended are cleared away', flag(manager, 'terminated-pod-gc-threshold')),
  master('1.3.2', 'the controller manager serves no profiles', flag(manager, 'profiling', is('false'))),
  master(
    '1.3.3',
    'each controller has credentials of its own',
    flag(manager, 'use-service-account-credentials', (value) => value !== undefined && value !== 'false'),
  ),
  master('1.3.4', 'tokens are signed by a key', flag(manager, 'service-account-private-key-file')),
  master('1.3.5', 'pods are given the authority', flag(manager, 'root-ca-file')),
  master(
    '1.3.6',
    'serving certificates of kubelets may rotate',
    flag(manager, 'feature-gates', lacks('RotateKubeletServerCertificate=false')),
  ),
  master(
    '1.3.7',
    'the controller manager listens on loopback',
    flag(manager, 'bind-address', absentOr('127.0.0.1')),
  ),
  master('1.4.1', 'the scheduler serves no profiles', flag('kube-scheduler', 'profiling', is('false'))),
  master(
    '1.4.2',
    'the scheduler listens on loopback',
    flag('kube-scheduler', 'bind-address', absentOr('127.0.0.1')),
  ),
  master('2.1', 'etcd serves TLS', all(flag('etcd', 'cert-file'), flag('etcd', 'key-file'))),
  master('2.2', 'etcd asks clients for certificates', flag('etcd', 'client-cert-auth', is('true'))),
  master('2.3', 'etcd makes no certificate for itself', flag('etcd', 'auto-tls', isNot('true'))),
  master('2.4', 'etcd’s peers use TLS', all(flag('etcd', 'peer-cert-file'), flag('etcd', 'peer-key-file'))),
  master('2.5', 'etcd asks peers for certificates', flag('etcd', 'peer-client-cert-auth', is('true'))),
  master('2.6', 'etcd makes no certificate for peers', flag('etcd', 'peer-auto-tls', isNot('true'))),
  manual('2.7', 'etcd has an authority of its own', flag('etcd', 'trusted-ca-file')),
  ...(['certificates', 'tokens of service accounts', 'bootstrap tokens'] as const).map((what, index) =>
    manual(
      `3.1.${index + 1}`,
      `users do not come with ${what}`,
      person('how people come in is for a person to judge'),
      'Users authenticate with tokens of an issuer (`authentication.jwt`). The administrator’s certificate is for emergencies; podstrap creates no bootstrap tokens',
    ),
  ),
  manual('3.2.1', 'there is an audit policy', flag(server, 'audit-policy-file')),
  manual(
    '3.2.2',
    'the audit policy covers what matters',
    person('the policy is for a person to judge'),
    'The baseline policy records access to Secrets, ConfigMaps and token reviews, changes to pods and to whatever grants rights, and exec, attach, port-forward and proxies',
  ),
  node('4.1.1', 'the kubelet’s unit is for root alone', modeOf(0o600, dropIn, unit)),
  node('4.1.2', 'the kubelet’s unit belongs to root', ownerOf(dropIn, unit)),
  ...(['3', '4'] as const).map((id) =>
    node(
      `4.1.${id}`,
      id === '3' ? 'kube-proxy’s kubeconfig is for root alone' : 'kube-proxy’s kubeconfig belongs to root',
      id === '3' ? modeOf(0o600, cisPaths.proxy) : ownerOf(cisPaths.proxy),
      false,
      'kube-proxy is a DaemonSet with a token of its own: no host has such a file',
    ),
  ),
  node('4.1.5', 'the kubelet’s kubeconfig is for root alone', modeOf(0o600, cisPaths.kubelet)),
  node('4.1.6', 'the kubelet’s kubeconfig belongs to root', ownerOf(cisPaths.kubelet)),
  node(
    '4.1.7',
    'the authority’s certificate cannot be written by others',
    modeOf(0o644, cisPaths.authority),
    false,
  ),
  node('4.1.8', 'the authority’s certificate belongs to root', ownerOf(cisPaths.authority), false),
  node('4.1.9', 'the kubelet’s configuration is for root alone', modeOf(0o600, cisPaths.config)),
  node('4.1.10', 'the kubelet’s configuration belongs to root', ownerOf(cisPaths.config)),
  node(
    '4.2.1',
    'the kubelet takes no anonymous requests',
    setting('authentication.anonymous.enabled', (value) => String(value) === 'false', 'anonymous-auth'),
  ),
  node(
    '4.2.2',
    'the kubelet does not authorize everybody',
    setting(
      'authorization.mode',
      (value) => value !== undefined && value !== 'AlwaysAllow',
      'authorization-mode',
    ),
  ),
  node(
    '4.2.3',
    'clients of the kubelet have an authority',
    setting('authentication.x509.clientCAFile', (value) => value !== undefined, 'client-ca-file'),
  ),
  node(
    '4.2.4',
    'the kubelet has no port without TLS',
    setting('readOnlyPort', (value) => value === undefined || Number(value) === 0, 'read-only-port'),
    false,
  ),
  node(
    '4.2.5',
    'idle streams end',
    setting(
      'streamingConnectionIdleTimeout',
      (value) => !/^0s?$/.test(String(value)),
      'streaming-connection-idle-timeout',
    ),
    false,
  ),
  node(
    '4.2.6',
    'the kubelet keeps its iptables chains',
    setting('makeIPTablesUtilChains', isTrueOrAbsent, 'make-iptables-util-chains'),
  ),
  node(
    '4.2.7',
    'the node is called as its host',
    ({ kubeletFlags }) =>
      lastValue(kubeletFlags, 'hostname-override') === undefined
        ? undefined
        : 'the kubelet has --hostname-override',
    false,
    'Only a host whose hostname differs from its name in the inventory has this flag',
  ),
  node(
    '4.2.8',
    'the kubelet’s events have a rate',
    setting('eventRecordQPS', (value) => value === undefined || Number(value) >= 0, 'event-qps'),
    false,
  ),
  node(
    '4.2.9',
    'the kubelet serves with a certificate',
    all(
      setting('tlsCertFile', (value) => value !== undefined, 'tls-cert-file'),
      setting('tlsPrivateKeyFile', (value) => value !== undefined, 'tls-private-key-file'),
    ),
    false,
  ),
  node(
    '4.2.10',
    'client certificates of kubelets rotate',
    setting('rotateCertificates', isTrueOrAbsent, 'rotate-certificates'),
  ),
  node(
    '4.2.11',
    'serving certificates may rotate',
    setting('featureGates.RotateKubeletServerCertificate', isTrueOrAbsent),
    false,
  ),
  node(
    '4.2.12',
    'the kubelet has strong ciphers',
    setting(
      'tlsCipherSuites',
      (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((one) => strongKubeletCiphers.includes(String(one))),
    ),
    false,
  ),
  node(
    '4.2.13',
    'pods have a limit of processes',
    setting('podPidsLimit', (value) => value !== undefined, 'pod-max-pids'),
    false,
  ),
  node(
    '4.2.14',
    'pods have a seccomp profile',
    setting('seccompDefault', (value) => String(value) === 'true', 'seccomp-default'),
    false,
  ),
  node('4.3.1', 'kube-proxy’s metrics are local', ({ kubeProxy }) =>
    kubeProxy === false ? 'no kube-proxy runs here: the check cannot pass without one' : undefined,
  ),
];
