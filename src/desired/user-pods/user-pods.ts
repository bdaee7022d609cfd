import { manifestPath, paths } from '../../host/paths.js';
import { takesPart } from '../../inventory/host-kinds.js';
import type { Host, Inventory } from '../../inventory/inventory.js';
import { fillPod } from '../../inventory/static-pods/fill-pod.js';
import { selects } from '../../inventory/static-pods/selects.js';
import type { StaticPodSource } from '../../inventory/static-pods/static-pod.js';
import { templateValues } from '../../inventory/static-pods/template-values.js';
import { fullImageName } from '../../kubernetes/image-name.js';
import { canonicalYaml } from '../canonical-yaml.js';
import type { HostInput } from '../host-input.js';
import { imagesIn } from '../images-in.js';
import { inputsDigest, revisionOf } from '../pods/revision.js';
import type { DirectoryResource, FileResource, StaticPodResource } from '../resource.js';
import { type PodFiles, podFiles } from './pod-files.js';
import type { UserContainer, UserPod } from './pod-form.js';
import { priorityOf } from './priority-of.js';

/** The static pods of people's own that a host is to have, in the order in which they are changed. */
export const userPodsOn = (
  { staticPods }: Pick<Inventory, 'staticPods'>,
  host: Host,
): readonly StaticPodSource[] =>
  takesPart(host, 'kubelet') ? staticPods.filter(({ entry }) => selects(entry.hosts, host)) : [];

/** What static pods of people's own ask of a host: folders and files, and the pods themselves. */
export interface UserPods {
  readonly files: readonly (DirectoryResource | FileResource)[];
  readonly pods: readonly StaticPodResource[];
}

/** What the pods of one host are made from. */
type PodInput = Pick<HostInput, 'inventory' | 'host' | 'keys'>;

/** The static pods of people's own on a host, filled in, with their files and their revisions. Pure. */
export function userPods(input: PodInput): UserPods {
  const composed = filledPods(input);
  return {
    files: filesOf(composed),
    pods: composed.map(({ source, pod, files }) => resourceOf(source, pod, files)),
  };
}

/** Where on a host they and their files lie: that may be another place on each, since contents name folders. Pure. */
export function userPodPaths(input: PodInput): {
  readonly files: readonly string[];
  readonly hashes: readonly string[];
} {
  const composed = filledPods(input);
  const placed = filesOf(composed);
  const manifests = composed.map(({ source }) => manifestPath(source.entry.name));
  const texts = placed.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  return { files: [...placed.map(({ path }) => path), ...manifests], hashes: [...texts, ...manifests] };
}

interface FilledPod {
  readonly source: StaticPodSource;
  readonly pod: UserPod;
  readonly files: PodFiles;
}

const filledPods = ({ inventory, host, keys }: PodInput): readonly FilledPod[] =>
  userPodsOn(inventory, host).map((source) => {
    const values = templateValues(inventory, host);
    const { pod } = fillPod(source.pod, values) as { pod: UserPod };
    return { source, pod, files: podFiles(source, pod, { inventory, values, key: keys.planKey }) };
  });

function filesOf(composed: readonly FilledPod[]): UserPods['files'] {
  const files = composed.flatMap((one) => one.files.resources);
  return files.length === 0 ? [] : [folderOfAll, ...files];
}

const folderOfAll: DirectoryResource = {
  kind: 'directory',
  phase: 'node',
  path: paths.pods,
  mode: 0o755,
  because: 'files of spec.staticPods',
};

/** The images that the static pods of people's own run on a host, full names. Pure. */
export const userPodImages = (inventory: Inventory, host: Host): readonly string[] => {
  const values = templateValues(inventory, host);
  const named = userPodsOn(inventory, host).flatMap(({ pod }) => imagesIn(fillPod(pod, values).pod));
  return [...new Set(named.flatMap((name) => fullImageName(name) ?? []))];
};

function resourceOf({ entry, index }: StaticPodSource, given: UserPod, files: PodFiles): StaticPodResource {
  const pod = completed(entry.name, given, files);
  const revision = revisionOf(pod, files.restartInputs);
  const labels = { ...pod.metadata?.labels, 'podstrap.io/revision': revision };
  const content = canonicalYaml({ ...pod, metadata: { ...pod.metadata, labels } });
  return {
    kind: 'static-pod',
    phase: 'control-plane',
    name: entry.name,
    path: manifestPath(entry.name),
    mode: 0o600,
    content,
    revision,
    ofInventory: inputsDigest(content.replaceAll(revision, ''), files.restartInputs),
    because: `spec.staticPods[${index}]`,
  };
}

/** With its name, its files, and the priority that no API is there to look up. */
function completed(name: string, { metadata, spec, ...pod }: UserPod, { mounts }: PodFiles): UserPod {
  const priority = priorityOf(spec);
  const volumes = mounts.map(({ hostPath }, index) => ({
    name: volumeName(index),
    hostPath: { path: hostPath, type: 'Directory' },
  }));
  const seeing = (containers: readonly UserContainer[]) =>
    containers.map((container) => withMounts(container, mounts));
  return {
    ...pod,
    metadata: { ...metadata, name, namespace: metadata?.namespace ?? 'default' },
    spec: {
      ...spec,
      ...(priority === undefined ? {} : { priority }),
      containers: seeing(spec?.containers ?? []),
      ...(spec?.initContainers === undefined ? {} : { initContainers: seeing(spec.initContainers) }),
      ...(volumes.length === 0 ? {} : { volumes: [...(spec?.volumes ?? []), ...volumes] }),
    },
  };
}

const volumeName = (index: number): string => `podstrap-files-${index}`;

function withMounts(container: UserContainer, mounts: PodFiles['mounts']): UserContainer {
  const added = mounts.flatMap(({ mountPath, containers }, index) =>
    containers === undefined || containers.includes(container.name ?? '')
      ? [{ name: volumeName(index), mountPath, readOnly: true }]
      : [],
  );
  return added.length === 0
    ? container
    : { ...container, volumeMounts: [...(container.volumeMounts ?? []), ...added] };
}
