import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ResolveOptions, resolveArtifacts } from '../bundle/artifacts.js';
import { sha256Of } from '../bundle/cache.js';
import { etcdSteps } from '../bundle/etcd-steps.js';
import { identityOf } from '../bundle/file/contents.js';
import { type Bundle, openBundle } from '../bundle/file/open-bundle.js';
import { type Origin, provenanceFileOf, provenanceOf } from '../bundle/file/provenance.js';
import { deltaAlone, kubernetesVersions } from '../bundle/file/select-artifacts.js';
import { requirePlace, type WriteOptions, type Written, writeBundle } from '../bundle/file/write-bundle.js';
import { packBinaries } from '../bundle/pack-binaries.js';
import type { Arch, Artifact, Artifacts } from '../desired/artifact.js';
import { desired } from '../desired/desired.js';
import { needsOf } from '../desired/needs.js';
import { settledAtBirth } from '../desired/settled.js';
import { defaultTraits } from '../desired/traits.js';
import { Failure, Failures } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import { writeOperatorFile } from '../operator/operator-file.js';
import type { Keys } from '../pki/keys.js';
import { openKeystore } from '../pki/store/keystore.js';

export interface CreateBundle
  extends Omit<ResolveOptions, 'archs'>,
    Pick<WriteOptions, 'out' | 'created' | 'onBytes'> {
  readonly archs: readonly Arch[];
  /** Versions of Kubernetes, each with its companions. */
  readonly versions: readonly string[];
  /** File of a bundle: what that holds is left out. */
  readonly base?: string | undefined;
  readonly operator: string;
  /** The version of podstrap. */
  readonly podstrap: string;
  readonly now: () => Date;
}

export interface CreatedBundle extends Written {
  readonly out: string;
  readonly provenance: string;
  readonly artifacts: number;
}

/**
 * Fetches what an inventory needs for some versions and architectures, proves that nothing is missing, writes it into
 * one file, and beside it who made it, when and from what.
 * @throws Failure, Failures `artifact`, `inventory`, `interrupted`
 */
export async function createBundle(options: CreateBundle): Promise<CreatedBundle> {
  const { out, archs, versions, inventory, now } = options;
  const startedOn = now();
  await requirePlace(out);
  await requirePlace(provenanceFileOf(out));
  const base = options.base === undefined ? undefined : await openWhole(options.base);
  const keys = await passingKeys(inventory, startedOn);
  const steps = etcdSteps(inventory, [...kubernetesVersions(base?.list ?? []), ...versions]);
  const resolved: Artifacts[] = [];
  for (const version of versions) {
    const wanted = carrying(inventory, version, steps);
    const artifacts = await resolveArtifacts({ ...options, inventory: wanted });
    if (artifacts.lacking?.length) throw new Failures(artifacts.lacking);
    prove(wanted, keys, archs, artifacts.list);
    resolved.push(artifacts);
  }
  const list = distinct(resolved.flatMap((one) => one.list));
  const { place } = resolved[0]!;
  // What the base has as it is stays as it is, or the delta would hold it again.
  const toPack = list.filter((one) => one.kind === 'binary' && !base?.blobs.has(one.sha256));
  const packed = await packBinaries({ list: toPack, place }, options.cacheDirectory, options.signal);
  const written = await writeBundle(
    { list, packed, place },
    { ...options, base: base && { digest: base.digest, blobs: new Set(base.blobs.keys()) } },
  );
  const origin: Origin = {
    ...options,
    startedOn,
    finishedOn: now(),
    architectures: archs,
    kubernetesVersions: versions,
    base: base?.digest,
    inventory: {
      name: inventory.metadata.name,
      file: inventory.file,
      sha256: sha256Of(await readFile(inventory.file)),
    },
  };
  const provenance = provenanceFileOf(out);
  const statement = provenanceOf(out, written, list, origin);
  await writeOperatorFile(provenance, `${JSON.stringify(statement, null, 2)}\n`, { what: provenance });
  return { ...written, out, provenance, artifacts: list.length };
}

async function openWhole(file: string): Promise<Bundle> {
  const bundle = await openBundle(file);
  if (bundle.base !== undefined) throw deltaAlone(file, bundle.base.digest);
  return bundle;
}

/** The inventory at a version, with more images beside its own. */
function carrying(inventory: Inventory, kubernetesVersion: string, images: readonly string[]): Inventory {
  const { spec } = inventory;
  const artifacts = { ...spec.artifacts, extraImages: [...spec.artifacts.extraImages, ...images] };
  return { ...inventory, spec: { ...spec, kubernetesVersion, artifacts } };
}

/** Versions share their companions. */
const distinct = (artifacts: readonly Artifact[]): readonly Artifact[] => [
  ...new Map(artifacts.map((artifact) => [identityOf(artifact), artifact])).values(),
];

/** Renders the cluster for each architecture and compares what its files mention with what there is. */
function prove(
  inventory: Inventory,
  keys: Keys,
  archs: readonly Arch[],
  artifacts: readonly Artifact[],
): void {
  const lacking = archs.flatMap((arch) => {
    const { hosts } = inventory.spec;
    const traits = Object.fromEntries(hosts.map((host) => [host.name, { ...defaultTraits(host), arch }]));
    const settled = settledAtBirth(inventory, keys.clusterId);
    const { images, programs } = needsOf(desired({ inventory, keys, artifacts, settled, traits }));
    const there = artifacts.filter((artifact) => artifact.arch === arch);
    const names = new Set(
      there.map((artifact) => (artifact.kind === 'image' ? artifact.ref : artifact.path)),
    );
    return [...images, ...programs].filter((name) => !names.has(name)).map((name) => `${name} (${arch})`);
  });
  if (lacking.length === 0) return;
  throw new Failure({
    kind: 'artifact',
    doing: `Comparing what ${inventory.file} makes of ${inventory.spec.kubernetesVersion} with what the bundle would hold`,
    said: `missing: ${lacking.join(', ')}`,
    next: 'Patches, addons, units or containerd’s configuration name them. Add images to spec.artifacts.extraImages and programs to spec.artifacts.extraFiles.',
  });
}

/** Keys that live as long as the rendering: the site's own are made at the site, and nothing of them belongs here. */
async function passingKeys(inventory: Inventory, now: Date): Promise<Keys> {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bundle-'));
  const spec = { ...inventory.spec, encryptionAlgorithm: 'ECDSA-P256' as const, certificateAuthorities: {} };
  try {
    return (await openKeystore({ directory, inventory: { ...inventory, spec }, now })).keys;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
