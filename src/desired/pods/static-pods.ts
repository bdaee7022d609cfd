import { createHash } from 'node:crypto';
import { manifestPath } from '../../host/paths.js';
import { additionsOf } from '../../inventory/component-sections.js';
import { components, type PodName } from '../../kubernetes/pod-names.js';
import { reveal } from '../../secret.js';
import type { HostInput } from '../host-input.js';
import type { DirectoryResource, FileResource, Resource, StaticPodResource } from '../resource.js';
import type { KeptFiles } from '../traits.js';
import { effectOfExtraFile, restartPaths } from './inputs.js';
import { manifest } from './manifest.js';
import { ownPods, podsOn } from './own-pods.js';
import { inputsDigest } from './revision.js';

/** The folders of a host's static pods. */
export const podDirectories = (input: HostInput): readonly DirectoryResource[] =>
  podsOn(input.inventory, input.host).flatMap((name) =>
    (ownPods[name].directories?.(input) ?? []).map((one) => ({
      ...one,
      kind: 'directory' as const,
      phase: 'node' as const,
    })),
  );

/** The configurations of a host's static pods. */
export const podFiles = (input: HostInput): readonly FileResource[] =>
  podsOn(input.inventory, input.host).flatMap((name) => ownPods[name].files?.(input) ?? []);

/**
 * The static pods of a host: those of a control plane, etcd first and what holds a virtual address last, or a worker's
 * balancer.
 * @param files the resources among which are the files that the pods read
 */
export function staticPods(input: HostInput, files: readonly Resource[]): readonly StaticPodResource[] {
  const digests = new Map(files.flatMap((file) => digestsOf(file, input.traits.kept)));
  const known = (paths: readonly string[]) =>
    new Map(paths.filter((path) => digests.has(path)).map((path) => [path, digests.get(path)!]));
  return podsOn(input.inventory, input.host).map((name) => {
    const ownInputs = known(ownRestartPaths(input, name));
    const made = manifest(input, name, new Map([...known(restartPaths(name)), ...ownInputs]));
    return {
      kind: 'static-pod',
      phase: 'control-plane',
      name,
      path: manifestPath(name),
      mode: 0o600,
      ...made,
      ofInventory: inputsDigest(made.content.replace(made.revision, ''), ownInputs),
      because: ownPods[name].because,
    };
  });
}

/** The user's files whose change means a restart. */
function ownRestartPaths({ inventory }: HostInput, pod: PodName): readonly string[] {
  const name = components.find((one) => one === pod);
  if (name === undefined) return [];
  const { extraArgs, extraFiles, extraVolumes } = additionsOf(inventory.spec, name);
  return extraFiles
    .map(({ path }) => path)
    .filter(
      (path) =>
        effectOfExtraFile(name, extraArgs, path) === 'restart' ||
        // Mounted by itself, it stays the old file until the pod is a new one.
        extraVolumes.some(({ mountPath }) => mountPath === path),
    );
}

/** Path and digest of the files that a resource stands for: those of the host's own, where they stay. */
function digestsOf(resource: Resource, kept: KeptFiles = {}): readonly (readonly [string, string])[] {
  const digest = (path: string, content: string): readonly [string, string] => [
    path,
    kept[path] ?? sha256(content),
  ];
  if (resource.kind === 'file') return [digest(resource.path, reveal(resource.content))];
  if (resource.kind !== 'certificate') return [];
  const { path, pem, key } = resource;
  return key === undefined ? [digest(path, pem)] : [digest(path, pem), digest(key.path, key.pem.reveal())];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
