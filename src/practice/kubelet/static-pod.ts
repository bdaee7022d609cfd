import { createHash } from 'node:crypto';
import { load } from 'js-yaml';
import type { Owner } from '../host-files.js';

export interface PodContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly { readonly mountPath: string; readonly volume: string }[];
}

export interface HostPath {
  readonly path: string;
  readonly type: string;
}

/** A static pod as the kubelet understands a manifest. */
export interface StaticPod {
  /**
   * Changes with the manifest, its path, the node and the kubelet's minor: the real one hashes the Pod as its own structure
   * has it, with all the fields that this minor knows (`applyDefaults` in pkg/kubelet/config/common.go).
   */
  readonly uid: string;
  readonly namespace: string;
  /** With the node's name at its end. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly PodContainer[];
  /** Whom its processes run as; root where it does not say. */
  readonly user: Owner;
  readonly volumes: ReadonlyMap<string, HostPath>;
}

interface Manifest {
  readonly kind?: unknown;
  readonly apiVersion?: unknown;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: {
    readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number };
    readonly containers?: readonly {
      readonly name?: string;
      readonly image?: string;
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly hostPath?: { readonly path: string; readonly type?: string };
    }[];
  };
}

/** Reads a manifest. @param version of the kubelet, as `v1.36.3` @throws Error saying what is wrong with it */
export function parseStaticPod(text: string, path: string, node: string, version: string): StaticPod {
  const manifest = load(text) as Manifest | null;
  if (manifest?.kind !== 'Pod' || manifest.apiVersion !== 'v1')
    throw new Error('no kind "Pod" is registered');
  const { metadata, spec } = manifest;
  if (!metadata?.name) throw new Error('invalid pod: metadata.name: Required value');
  const containers = (spec?.containers ?? []).map((container) => {
    if (!container.name || !container.image)
      throw new Error('invalid pod: spec.containers: name and image are required');
    return {
      name: container.name,
      image: container.image,
      command: [...(container.command ?? []), ...(container.args ?? [])],
      env: new Map((container.env ?? []).map(({ name, value = '' }) => [name, value])),
      mounts: (container.volumeMounts ?? []).map(({ name, mountPath }) => ({ mountPath, volume: name })),
    };
  });
  if (containers.length === 0) throw new Error('invalid pod: spec.containers: Required value');
  const volumes = new Map(
    (spec?.volumes ?? []).flatMap(({ name, hostPath }) =>
      hostPath ? [[name, { path: hostPath.path, type: hostPath.type ?? '' }] as const] : [],
    ),
  );
  for (const { mounts } of containers)
    for (const { volume } of mounts)
      if (!volumes.has(volume)) throw new Error(`invalid pod: volumeMounts: Not found: "${volume}"`);
  return {
    uid: createHash('md5')
      .update([minorOf(version), node, path, text].join('\0'))
      .digest('hex'),
    namespace: metadata.namespace ?? 'default',
    name: `${metadata.name}-${node}`,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    containers,
    user: { uid: spec?.securityContext?.runAsUser ?? 0, gid: spec?.securityContext?.runAsGroup ?? 0 },
    volumes,
  };
}

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

export const fullName = ({ namespace, name }: StaticPod): string => `${namespace}/${name}`;

/** Where a path inside a container is on the host, or undefined when nothing is mounted there. */
export function hostPathOf(pod: StaticPod, container: PodContainer, path: string): string | undefined {
  const mount = container.mounts
    .filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath.replace(/\/$/, '')}/`))
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  if (mount === undefined) return undefined;
  return pod.volumes.get(mount.volume)!.path + path.slice(mount.mountPath.length);
}
