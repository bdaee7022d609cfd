import { paths } from '../../host/paths.js';
import { type Flag, lastValue } from '../../kubernetes/flags.js';
import { type ComponentName, podNames } from '../../kubernetes/pod-names.js';
import { certificateReadings } from '../../pki/certificate-places.js';
import type { Effect, Reading } from '../../pki/reading.js';
import { ownPods } from './own-pods.js';

/** A file that a process reads, and what the process does when it changes. */
export type Input = Reading & { readonly path: string };

/** Who reads what on a host, and what a change of it asks: certificates and what holds them, and configurations. */
export const inputs: readonly Input[] = [
  ...certificateReadings,
  {
    by: 'kubelet',
    path: paths.kubeletConfig,
    effect: 'restart',
    reason: 'the configuration is read at the start',
  },
  ...podNames.flatMap((by) => (ownPods[by].reads ?? []).map((one) => ({ by, ...one }))),
];

/** What happens to `reader` when the file at `path` changes; `none` for a file that it does not read. */
export const effectOf = (reader: Input['by'], path: string): Effect =>
  inputs.find((input) => input.by === reader && input.path === path)?.effect ?? 'none';

/** Paths of the files whose change means a restart of `reader`. */
export const restartPaths = (reader: Input['by']): readonly string[] =>
  inputs.filter((input) => input.by === reader && input.effect === 'restart').map(({ path }) => path);

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
