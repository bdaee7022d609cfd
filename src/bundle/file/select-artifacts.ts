import { dirname } from 'node:path/posix';
import { type Arch, type Artifact, extraFileVersion } from '../../desired/artifact.js';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { labelOf } from '../artifacts.js';
import { type WantedArtifact, wantedArtifacts } from '../catalog.js';
import type { Bundle } from './open-bundle.js';

type Chosen = Pick<Bundle, 'file' | 'list' | 'base'>;

/**
 * What hosts of these architectures need for the inventory, out of what a bundle holds. Pure.
 * @throws Failure `artifact`: a delta without its base, a version or an architecture that is not there, or single things
 */
export function selectArtifacts(
  bundle: Chosen,
  inventory: Inventory,
  archs: readonly Arch[],
): readonly Artifact[] {
  if (bundle.base !== undefined) throw deltaAlone(bundle.file, bundle.base.digest);
  const wanted = wantedArtifacts(inventory, archs);
  const found = wanted.map((one) =>
    bundle.list.filter((artifact) => fits(artifact, one)).map((artifact) => placed(artifact, one)),
  );
  const lacking = wanted.filter((one, at) => !isWhole(one, found[at]!));
  if (lacking.length > 0) throw lacks(bundle, inventory, archs, lacking);
  return found.flat();
}

function fits(artifact: Artifact, wanted: WantedArtifact): boolean {
  if (artifact.arch !== wanted.arch) return false;
  if (artifact.kind === 'image') return wanted.kind === 'image' && wanted.ref === artifact.ref;
  if (wanted.kind === 'extra-file')
    return artifact.version === extraFileVersion && artifact.name === wanted.source;
  if (wanted.kind === 'image' || wanted.version !== artifact.version) return false;
  if (wanted.kind === 'file') return wanted.path === artifact.path;
  const isMember = wanted.members?.includes(artifact.name) ?? true;
  return isMember && dirname(artifact.path) === wanted.directory;
}

/** Where an extra file goes is for the inventory of now to say. */
const placed = (artifact: Artifact, wanted: WantedArtifact): Artifact =>
  artifact.kind === 'binary' && wanted.kind === 'extra-file'
    ? { ...artifact, path: wanted.path, mode: wanted.mode }
    : artifact;

const isWhole = (wanted: WantedArtifact, found: readonly Artifact[]): boolean =>
  found.length >= (wanted.kind === 'archive' ? (wanted.members?.length ?? 1) : 1);

function lacks(
  { file, list }: Chosen,
  { spec }: Inventory,
  archs: readonly Arch[],
  lacking: readonly WantedArtifact[],
): Failure {
  const present = [...new Set(list.map(({ arch }) => arch))];
  const missingArchs = archs.filter((arch) => !present.includes(arch));
  const versions = kubernetesVersions(list);
  const version = spec.kubernetesVersion;
  const says = (said: string, next: string) =>
    new Failure({ kind: 'artifact', doing: `Looking into the bundle ${file}`, said, next });
  if (missingArchs.length > 0)
    return says(
      `it holds nothing for ${missingArchs.join(' and ')}, only for ${present.join(' and ')}`,
      `Make it with \`podstrap bundle create --arch ${[...present, ...missingArchs].join(',')}\`.`,
    );
  if (!versions.includes(version))
    return says(
      `it holds Kubernetes ${versions.join(', ') || 'of no version'}, not ${version}`,
      `Make it with \`podstrap bundle create --kubernetes-version ${[...versions, version].join(',')}\`, or set spec.kubernetesVersion to what it holds.`,
    );
  return says(
    `it lacks ${lacking.map(labelOf).join(', ')}`,
    'Create the bundle again from this inventory: `podstrap bundle create`.',
  );
}

/** The versions of Kubernetes that can be brought up from these artifacts. */
export const kubernetesVersions = (list: readonly Artifact[]): readonly string[] => [
  ...new Set(list.flatMap((one) => (one.kind === 'binary' && one.name === 'kubelet' ? [one.version] : []))),
];

export const deltaAlone = (file: string, base: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Looking into the bundle ${file}`,
    said: `it is a delta: the rest of it is in the bundle whose digest is ${base}`,
    next: 'Put the two together: `podstrap bundle merge OLD DELTA --out NEW`, then use NEW.',
  });
