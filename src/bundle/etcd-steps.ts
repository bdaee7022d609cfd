import { etcdTag } from '../desired/images.js';
import type { Inventory } from '../inventory/inventory.js';
import { etcdStepsFrom } from '../kubernetes/removals.js';
import { compareVersions, minorsAhead, parseVersion } from '../kubernetes/version.js';

/**
 * Images of etcd that a rolling upgrade through these versions of Kubernetes needs in between: where etcd's minor goes
 * up, and the earlier release is too early for the step. Tags that are no version are the user's own business. Pure.
 * @param versions in any order
 */
export function etcdSteps(inventory: Inventory, versions: readonly string[]): readonly string[] {
  const { imageRepository, etcd } = inventory.spec;
  const repository = etcd.local.imageRepository ?? imageRepository;
  const releases = versions
    .map((kubernetesVersion) => etcdTag({ ...inventory, spec: { ...inventory.spec, kubernetesVersion } }))
    .flatMap((tag) => parseVersion(tag) ?? [])
    .sort(compareVersions);
  return releases.flatMap((to, at) => {
    const from = releases[at - 1];
    if (from === undefined || minorsAhead(from, to) !== 1) return [];
    const least = parseVersion(etcdStepsFrom[to.minor] ?? '');
    const isEarly = least !== undefined && compareVersions(from, least) < 0;
    return isEarly ? [`${repository}/etcd:${least.text}-0`] : [];
  });
}
