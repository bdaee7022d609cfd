import { etcdTag } from '../../desired/images.js';
import { Failure } from '../../failure.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import { etcdStepsFrom } from '../../kubernetes/removals.js';
import { compareVersions, minorsAhead, parseVersion, type Version } from '../../kubernetes/version.js';
import type { Running } from '../../observed/running.js';
import type { EtcdView } from '../../observed/views/etcd-view.js';
import type { Situation } from '../situation.js';

export interface UpgradeInput {
  readonly inventory: Inventory;
  /** By host name; hosts that were not looked at are absent. */
  readonly running: ReadonlyMap<string, Running>;
  readonly etcd: EtcdView | undefined;
  readonly situation: Situation['kind'];
}

/** Minors that a kubelet may be behind its API servers; it may never be ahead of them. */
export const kubeletLag = 3;

/** Why the versions that the inventory asks for cannot be reached from those that run. Pure. None when they can. */
export const judgeUpgrade = (input: UpgradeInput): readonly Failure[] => [
  ...judgeKubernetes(input),
  ...judgeEtcd(input),
  ...judgeKubelets(input),
];

const refusal = (host: string, said: string, next: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Comparing the versions that run with the inventory’s',
    where: { host },
    said,
    next: `${next} Nothing was changed.`,
  });

const oneMinor = (from: Version, by: number): string => `v${from.major}.${from.minor + by}`;

function judgeKubernetes({ inventory, running, situation }: UpgradeInput): Failure[] {
  const wanted = parseVersion(inventory.spec.kubernetesVersion)!;
  const servers = controlPlanes(inventory).flatMap(({ name }) => {
    const version = running.get(name)?.components['kube-apiserver'];
    return version === undefined ? [] : [{ name, version }];
  });
  const skipped = servers.filter(({ version }) => minorsAhead(version, wanted) > 1);
  const newer = servers.filter(({ version }) => minorsAhead(version, wanted) < 0);
  // An upgrade that has not reached every control plane can be taken back; a finished one cannot.
  const unfinished = servers.some(({ version }) => minorsAhead(version, wanted) === 0);
  const below = servers.filter(({ version }) => minorsAhead(version, wanted) > 0);
  return [
    ...(situation === 'down' && !unfinished ? below : []).map(({ name, version }) =>
      refusal(
        name,
        `etcd has no quorum, and kube-apiserver of ${version.text} is to become ${wanted.text}: a cluster that does not run cannot be saved first`,
        `Bring it up with spec.kubernetesVersion as it was, ${version.text}; then upgrade it.`,
      ),
    ),
    ...skipped.map(({ name, version }) =>
      refusal(
        name,
        `kube-apiserver runs ${version.text}; ${wanted.text} skips ${oneMinor(version, 1)}, and Kubernetes goes up one minor at a time`,
        `Set spec.kubernetesVersion to a release of ${oneMinor(version, 1)}, run \`podstrap up\`, then go on.`,
      ),
    ),
    ...(unfinished ? [] : newer).map(({ name, version }) =>
      refusal(
        name,
        `kube-apiserver runs ${version.text}; ${wanted.text} would be a downgrade by a minor, which Kubernetes does not support: objects may be stored in a form that the older one cannot read`,
        `Set spec.kubernetesVersion to a release of ${oneMinor(version, 0)}. The way back is etcd’s snapshot from before the upgrade; see docs/upgrade.md.`,
      ),
    ),
  ];
}

function judgeEtcd({ inventory, running, etcd }: UpgradeInput): Failure[] {
  const tag = etcdTag(inventory);
  const wanted = parseVersion(tag);
  const members = controlPlanes(inventory).flatMap(({ name }) => {
    const said = etcd?.versions?.[name];
    const version =
      (said === undefined ? undefined : parseVersion(said)) ?? running.get(name)?.components.etcd;
    return version === undefined ? [] : [{ name, version }];
  });
  // A tag that is no version is the operator's own, and so is the knowledge of what it holds.
  if (wanted === undefined || members.length === 0) return [];
  const oldest = members.reduce((one, other) =>
    compareVersions(one.version, other.version) <= 0 ? one : other,
  );
  const step = minorsAhead(oldest.version, wanted);
  if (step < 0)
    return [
      refusal(
        oldest.name,
        `every etcd member runs ${oldest.version.text} or newer; ${tag} would be a downgrade of etcd, whose data the older one refuses`,
        `Set spec.etcd.local.imageTag to an image of etcd ${oldest.version.major}.${oldest.version.minor}: Kubernetes of another minor works with it.`,
      ),
    ];
  if (step > 1)
    return [
      refusal(
        oldest.name,
        `etcd runs ${oldest.version.text}; ${tag} skips a minor, and etcd goes up one minor at a time`,
        `Set spec.etcd.local.imageTag to an image of etcd ${oldest.version.major}.${oldest.version.minor + 1}, run \`podstrap up\`, then go on.`,
      ),
    ];
  const from = step === 1 && wanted.major === 3 ? etcdStepsFrom[wanted.minor] : undefined;
  const late = from === undefined ? undefined : parseVersion(from);
  return late === undefined || compareVersions(oldest.version, late) >= 0
    ? []
    : [
        refusal(
          oldest.name,
          `etcd runs ${oldest.version.text}; a rolling upgrade to ${wanted.major}.${wanted.minor} wants every member at ${from} or later`,
          `Set spec.etcd.local.imageTag to ${from}-0 or later and run \`podstrap up\` with the present Kubernetes version; then take the tag out again and go on.`,
        ),
      ];
}

function judgeKubelets({ inventory, running }: UpgradeInput): Failure[] {
  const wanted = parseVersion(inventory.spec.kubernetesVersion)!;
  const servers = controlPlanes(inventory).flatMap(
    ({ name }) => running.get(name)?.components['kube-apiserver'] ?? [],
  );
  const goesUp = servers.some((version) => minorsAhead(version, wanted) > 0);
  return [...running].flatMap(([name, { kubelet }]) => {
    if (kubelet === undefined || servers.length === 0) return [];
    const ahead = minorsAhead(wanted, kubelet);
    // Taken back with its control plane, or put there by somebody else: then no API server of that minor was here.
    const alone = servers.every((version) => minorsAhead(version, kubelet) > 0);
    if (ahead > 0 && alone)
      return [
        refusal(
          name,
          `its kubelet is ${kubelet.text}, newer than every API server; a kubelet must never be`,
          `Set spec.kubernetesVersion to a release of ${oneMinor(kubelet, 0)} if that is one minor up, or put the earlier kubelet back by hand.`,
        ),
      ];
    if (goesUp && -ahead > kubeletLag)
      return [
        refusal(
          name,
          `its kubelet is ${kubelet.text}, more than ${kubeletLag} minors behind ${wanted.text}; the new API servers would not serve it`,
          'Bring this host to the present version first: `podstrap up` with the present spec.kubernetesVersion.',
        ),
      ];
    return [];
  });
}
