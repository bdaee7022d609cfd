import { isDeepStrictEqual } from 'node:util';
import { load } from 'js-yaml';
import { isRecord } from '../../src/desired/canonical-yaml.js';

type Facts = ReadonlyMap<string, unknown>;

/** What two manifests do not have in common, each as a sentence such as `etcd: volume data`. The order of flags means nothing. */
export function manifestDifferences(one: string, other: string): readonly string[] {
  const pod = load(one) as { metadata: { name: string } };
  return factDifferences(podFacts(pod), podFacts(load(other))).map((what) => `${pod.metadata.name}: ${what}`);
}

/** What two documents do not have in common, by path. Values that mean "the default" count as missing. */
export const documentDifferences = (one: unknown, other: unknown): readonly string[] =>
  factDifferences(new Map(leaves(one)), new Map(leaves(other)));

export function factDifferences(one: Facts, other: Facts): readonly string[] {
  const all = new Set([...one.keys(), ...other.keys()]);
  return [...all].filter((key) => !isDeepStrictEqual(one.get(key), other.get(key)));
}

/** A pod as single facts with a name each. */
function podFacts(manifest: unknown): Facts {
  const { metadata, spec, ...rest } = manifest as PodShape;
  const { labels = {}, annotations = {}, ...identity } = metadata;
  const { containers, volumes = [], ...podSpec } = spec;
  return new Map<string, unknown>([
    ...Object.entries(labels).map(([name, value]) => [`label ${name}`, value] as const),
    ...Object.entries(annotations).map(([name, value]) => [`annotation ${name}`, value] as const),
    ...volumes.map((volume) => [`volume ${volume.name}`, volume] as const),
    ['order of volumes', order(volumes)],
    ...containerFacts(containers[0]!),
    ...containers.slice(1).flatMap((container) => leaves(container, `container ${container.name}`)),
    ...leaves({ ...rest, metadata: identity, spec: podSpec }),
  ]);
}

function containerFacts(container: ContainerShape): readonly (readonly [string, unknown])[] {
  const { command, env = [], volumeMounts = [], ...rest } = container;
  const [program, ...flags] = command;
  const names = new Set(flags.map((flag) => flag.split('=')[0]!));
  return [
    ['program', program],
    ...[...names].map(
      (name) => [`flag ${name}`, flags.filter((flag) => flag.split('=')[0] === name)] as const,
    ),
    ...env.map((variable) => [`variable ${variable.name}`, variable] as const),
    ...volumeMounts.map((mount) => [`mount ${mount.mountPath}`, mount] as const),
    // kubeadm sorts mounts everywhere but here, where none lies within another.
    ...(program === 'etcd' ? [] : [['order of mounts', order(volumeMounts)] as const]),
    ['order of variables', order(env)],
    ...leaves(rest, 'container'),
  ];
}

/** Without podstrap's own volumes, which have their own facts. */
const order = (named: readonly { readonly name: string }[]): readonly string[] =>
  named
    .map(({ name }) => name)
    .filter((name) => name !== 'podstrap-cluster' && name !== 'etc-kubernetes-hardening');

/** Zero values of Go's types, which kubeadm writes out and which mean the same as nothing. */
const isZero = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === '0' ||
  value === '0s' ||
  isDeepStrictEqual(value, []);

function leaves(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (!isRecord(value)) return isZero(value) ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`));
}

interface ContainerShape {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodShape {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly ContainerShape[];
    readonly volumes?: readonly { readonly name: string }[];
  };
}
