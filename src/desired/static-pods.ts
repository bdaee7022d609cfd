import { createHash } from 'node:crypto';
import { paths } from '../host/paths.js';
import { isControlPlane } from '../inventory/inventory.js';
import { reveal } from '../secret.js';
import { additionsOf, type ComponentName, components, virtualAddressPod } from './component.js';
import type { HostInput } from './host-input.js';
import { effectOfExtraFile, restartPaths } from './inputs.js';
import { isBalanced, loadBalancer } from './load-balancer.js';
import { balancerManifest } from './pods/haproxy.js';
import { virtualAddressManifest } from './pods/kube-vip.js';
import { type Manifest, manifest } from './pods/manifest.js';
import { inputsDigest } from './pods/revision.js';
import type { Resource, StaticPodResource } from './resource.js';
import type { KeptFiles } from './traits.js';

/**
 * The static pods of a host: those of a control plane, etcd first and what holds a virtual address last, or a worker's
 * balancer.
 * @param files the resources among which are the files that the components read
 */
export function staticPods(input: HostInput, files: readonly Resource[]): readonly StaticPodResource[] {
  if (isBalanced(input.inventory, input.host))
    return [staticPod(loadBalancer, balancerManifest(input), 'the way of this host to the API servers')];
  if (!isControlPlane(input.host)) return [];
  const digests = new Map(files.flatMap((file) => digestsOf(file, input.traits.kept)));
  const known = (paths: readonly string[]) =>
    new Map(paths.filter((path) => digests.has(path)).map((path) => [path, digests.get(path)!]));
  const own = components.map((name) => {
    const ownInputs = known(ownRestartPaths(input, name));
    const restartInputs = new Map([...known(restartPaths(name)), ...ownInputs]);
    return staticPod(
      name,
      manifest(input, name, restartInputs),
      'a component of the control plane',
      ownInputs,
    );
  });
  if (input.inventory.spec.virtualAddress === undefined) return own;
  const holder = virtualAddressManifest(
    input,
    input.inventory.spec.virtualAddress,
    known(restartPaths(virtualAddressPod)),
  );
  return [...own, staticPod(virtualAddressPod, holder, 'spec.virtualAddress')];
}

/** @param ownInputs path → content of the user's files that it reads only when it starts */
const staticPod = (
  name: string,
  made: Manifest,
  because: string,
  ownInputs: ReadonlyMap<string, string> = new Map(),
): StaticPodResource => ({
  kind: 'static-pod',
  phase: 'control-plane',
  name,
  path: `${paths.manifests}/${name}.yaml`,
  mode: 0o600,
  ...made,
  ofInventory: inputsDigest(made.content.replace(made.revision, ''), ownInputs),
  because,
});

/** The user's files whose change means a restart. */
function ownRestartPaths({ inventory }: HostInput, name: ComponentName): readonly string[] {
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
