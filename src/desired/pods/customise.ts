import type { Additions } from '../../inventory/component-sections.js';
import { overrideFlags, readFlag, writeFlag } from '../../kubernetes/flags.js';
import type { Variable } from '../node/proxy.js';

interface Volume {
  readonly name: string;
  readonly hostPath: { readonly path: string; readonly type: string };
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

interface Container {
  readonly command: readonly string[];
  readonly env?: readonly Variable[];
  readonly volumeMounts: readonly Mount[];
  readonly [field: string]: unknown;
}

/** As much of a Pod as podstrap's own templates hold. */
export interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly [field: string]: unknown };
  readonly spec: {
    readonly containers: readonly [Container];
    readonly volumes: readonly Volume[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** `pod` with the user's arguments, variables and volumes: each replaces what has its name, the rest is added. */
export function customise(pod: Pod, additions: Additions, proxy: readonly Variable[]): Pod {
  const [container] = pod.spec.containers;
  const [program, ...flags] = container.command;
  const env = byName([...proxy, ...additions.extraEnvs]);
  const added = {
    ...container,
    command: [program!, ...overrideFlags(flags.map(readFlag), additions.extraArgs).map(writeFlag)],
    volumeMounts: byName([...container.volumeMounts, ...additions.extraVolumes.map(mountOf)]),
    ...(env.length > 0 ? { env } : {}),
  };
  const volumes = byName([...pod.spec.volumes, ...additions.extraVolumes.map(volumeOf)]);
  return { ...pod, spec: { ...pod.spec, containers: [added], volumes } };
}

type ExtraVolume = Additions['extraVolumes'][number];

const volumeOf = ({ name, hostPath, pathType }: ExtraVolume): Volume => ({
  name,
  hostPath: { path: hostPath, type: pathType },
});

const mountOf = ({ name, mountPath, readOnly }: ExtraVolume): Mount => ({
  name,
  mountPath,
  ...(readOnly ? { readOnly } : {}),
});

/** Sorted by name; of several with the same name the last. */
function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  const last = new Map(items.map((item) => [item.name, item]));
  return [...last.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
