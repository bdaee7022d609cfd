import { paths } from '../host/paths.js';
import { type ComponentName, virtualAddressPod } from './component.js';
import { type Flag, lastValue } from './flags.js';
import { loadBalancer } from './load-balancer.js';
import type { Effect } from './resource.js';

/** A file that a process reads, and what the process does when it changes. */
export interface Input {
  readonly component: ComponentName | 'kubelet' | typeof loadBalancer | typeof virtualAddressPod;
  readonly path: string;
  readonly effect: Effect;
  readonly reason: string;
}

const pki = '/etc/kubernetes/pki';
const pair = (path: string): readonly string[] => [`${path}.crt`, `${path}.key`];
const of =
  (component: Input['component']) =>
  (effect: Effect, reason: string, ...files: readonly string[]): readonly Input[] =>
    files.map((path) => ({ component, path, effect, reason }));
const etcd = of('etcd');
const apiServer = of('kube-apiserver');
const controllerManager = of('kube-controller-manager');
const scheduler = of('kube-scheduler');
const kubelet = of('kubelet');
const balancer = of(loadBalancer);
const virtualAddress = of(virtualAddressPod);

/**
 * The one table of what a changed file asks of the process that reads it. `restart`: read once, at the start; such a
 * file is part of the static pod's revision. `reload`: the process notices by itself, and nothing else has to happen.
 */
export const inputs: readonly Input[] = [
  ...etcd('restart', 'the pool of trusted authorities is built at the start', `${pki}/etcd/ca.crt`),
  ...etcd('reload', 'read again for every TLS handshake', ...pair(`${pki}/etcd/server`)),
  ...etcd('reload', 'read again for every TLS handshake', ...pair(`${pki}/etcd/peer`)),

  ...apiServer('restart', 'token keys are read at the start', `${pki}/sa.pub`, `${pki}/sa.key`),
  ...apiServer('restart', 'the trust in etcd is set up at the start', `${pki}/etcd/ca.crt`),
  ...apiServer('reload', 'read again for every connection to etcd', ...pair(`${pki}/apiserver-etcd-client`)),
  ...apiServer('reload', 'the file is watched', ...pair(`${pki}/apiserver`)),
  ...apiServer('reload', 'the file is watched', `${pki}/ca.crt`, `${pki}/front-proxy-ca.crt`),
  ...apiServer('reload', 'the file is watched', ...pair(`${pki}/front-proxy-client`)),
  ...apiServer('reload', 'the transport looks for a new one', ...pair(`${pki}/apiserver-kubelet-client`)),

  ...controllerManager(
    'restart',
    'credentials in a kubeconfig are read at the start',
    '/etc/kubernetes/controller-manager.conf',
  ),
  ...controllerManager('restart', 'the key that signs tokens is read at the start', `${pki}/sa.key`),
  ...controllerManager('restart', 'the bundle published to pods is read at the start', `${pki}/ca.crt`),
  ...controllerManager('reload', 'the signing pair is watched', `${pki}/ca.key`),
  ...controllerManager('reload', 'the file is watched', `${pki}/front-proxy-ca.crt`),

  ...scheduler(
    'restart',
    'credentials in a kubeconfig are read at the start',
    '/etc/kubernetes/scheduler.conf',
  ),

  ...kubelet('restart', 'credentials in a kubeconfig are read at the start', '/etc/kubernetes/kubelet.conf'),
  ...kubelet('restart', 'the configuration is read at the start', '/var/lib/kubelet/config.yaml'),
  ...kubelet('reload', 'the file is watched', `${pki}/ca.crt`, ...pair(paths.kubeletServing)),

  ...virtualAddress(
    'restart',
    'credentials in a kubeconfig are read at the start',
    paths.virtualAddressKubeconfig,
  ),

  ...balancer('reload', 'its pod looks for a new one', paths.balancerConfig, `${pki}/ca.crt`),
];

/** What happens to `component` when the file at `path` changes; `none` for a file that it does not read. */
export const effectOf = (component: Input['component'], path: string): Effect =>
  inputs.find((input) => input.component === component && input.path === path)?.effect ?? 'none';

/** Paths of the files whose change means a restart of `component`. */
export const restartPaths = (component: Input['component']): readonly string[] =>
  inputs
    .filter((input) => input.component === component && input.effect === 'restart')
    .map(({ path }) => path);

/** Flags that name a file of the user's, where it is known what happens when that file changes. */
interface FileFlag {
  readonly component: ComponentName;
  readonly flag: string;
  readonly effect: (flags: readonly Flag[]) => Effect;
  readonly reason: string;
}

const always = (effect: Effect) => () => effect;
const fileFlag =
  (component: ComponentName) =>
  (effect: FileFlag['effect'], reason: string, ...flags: readonly string[]): readonly FileFlag[] =>
    flags.map((flag) => ({ component, flag, effect, reason }));
const ofApiServer = fileFlag('kube-apiserver');

/**
 * What the user's own files ask of the component that reads them. A file that the API server would read again by itself
 * is a restart all the same where a mistake in it would only be logged: no gate would see it, and the next start would fail.
 */
export const fileFlags: readonly FileFlag[] = [
  ...ofApiServer(
    (flags) =>
      lastValue(flags, 'encryption-provider-config-automatic-reload') === 'true' ? 'reload' : 'restart',
    'read at the start, and again only with --encryption-provider-config-automatic-reload',
    'encryption-provider-config',
  ),
  ...ofApiServer(
    always('restart'),
    'read at the start',
    'audit-policy-file',
    'admission-control-config-file',
    'tracing-config-file',
    'egress-selector-config-file',
    'audit-webhook-config-file',
    'authentication-token-webhook-config-file',
    'authorization-webhook-config-file',
  ),
  ...ofApiServer(
    always('restart'),
    'watched, but a mistake would show only at the next start',
    'authentication-config',
    'authorization-config',
  ),
  ...ofApiServer(
    always('reload'),
    'the file is watched',
    'tls-cert-file',
    'tls-private-key-file',
    'oidc-ca-file',
  ),
  ...fileFlag('kube-scheduler')(always('restart'), 'read at the start', 'config'),
];

/** What happens to a component when its extraFile at `path` changes; a restart, unless a flag is known to do without. */
export function effectOfExtraFile(component: ComponentName, flags: readonly Flag[], path: string): Effect {
  const naming = flags.filter(({ value }) => value === path).map(({ name }) => name);
  const known = fileFlags.filter((row) => row.component === component && naming.includes(row.flag));
  const effects = new Set(known.map(({ effect }) => effect(flags)));
  return known.length > 0 && !effects.has('restart') ? 'reload' : 'restart';
}
