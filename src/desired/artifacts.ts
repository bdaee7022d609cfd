import { Failure } from '../failure.js';
import { type BinaryArtifact, extraFileVersion, type ImageArtifact } from './artifact.js';
import type { HostInput } from './host-input.js';
import { manifestImages, systemImages } from './images.js';
import { staticPodImages } from './pods/pod-images.js';
import type { BinaryResource, ImageResource } from './resource.js';
import { userPodImages } from './user-pods/user-pods.js';

/** The executables of a host: every binary artifact of its architecture. */
export const binaries = ({ artifacts, traits }: HostInput): readonly BinaryResource[] =>
  artifacts
    .filter((artifact): artifact is BinaryArtifact => artifact.kind === 'binary')
    .filter(({ arch }) => arch === traits.arch)
    .map(({ kind, path, mode, sha256, size, version }) => ({
      kind,
      phase: 'binaries',
      path,
      mode,
      sha256,
      size,
      version,
      because:
        version === extraFileVersion
          ? 'spec.artifacts.extraFiles'
          : `version ${version} belongs to this release`,
    }));

/** Names of the images that a host needs: those of its static pods, of kube-proxy and CoreDNS, of addons, and the user's own. */
export function wantedImages({ inventory, host }: Pick<HostInput, 'inventory' | 'host'>): readonly string[] {
  return [
    ...new Set([
      ...staticPodImages(inventory, host),
      ...userPodImages(inventory, host),
      ...systemImages(inventory),
      ...inventory.spec.artifacts.extraImages,
      ...manifestImages(inventory),
    ]),
  ];
}

/**
 * The images of a host. None without any artifacts, as in a rendering that needs no digests. One that only an addon
 * mentions may be missing: it could not be had, and nothing else waits for it.
 * @throws Failure `artifact` when there are artifacts, but not one of these images
 */
export function images(input: HostInput): readonly ImageResource[] {
  if (input.artifacts.length === 0) return [];
  const becauseOf = reasonFor(input);
  return wantedImages(input).flatMap((ref): ImageResource[] => {
    const because = becauseOf(ref);
    const artifact = because === ofAddons ? foundArtifact(input, ref) : imageArtifact(input, ref);
    if (artifact === undefined) return [];
    const { digest, blobs } = artifact;
    return [{ kind: 'image', phase: 'images', ref, digest, blobs, because }];
  });
}

const ofAddons = 'manifests of spec.addons mention it';

function reasonFor({ inventory, host }: HostInput): (ref: string) => string {
  const extra = inventory.spec.artifacts.extraImages;
  const addons = systemImages(inventory);
  const own = [...staticPodImages(inventory, host), ...userPodImages(inventory, host)];
  return (ref) => {
    if (extra.includes(ref)) return 'spec.artifacts.extraImages';
    if (addons.includes(ref)) return 'kube-proxy and CoreDNS may run on any host';
    return own.includes(ref) ? 'static pods of this host run it' : ofAddons;
  };
}

const foundArtifact = ({ artifacts, traits }: HostInput, ref: string): ImageArtifact | undefined =>
  artifacts.find(
    (artifact): artifact is ImageArtifact =>
      artifact.kind === 'image' && artifact.ref === ref && artifact.arch === traits.arch,
  );

function imageArtifact(input: HostInput, ref: string): ImageArtifact {
  const { traits, host } = input;
  const found = foundArtifact(input, ref);
  if (found !== undefined) return found;
  throw new Failure({
    kind: 'artifact',
    doing: `looking for the image ${ref} (${traits.arch})`,
    where: { host: host.name, phase: 'images' },
    said: 'it is not among the artifacts of this run',
    next: 'use a bundle that was made for this inventory: podstrap bundle create',
  });
}
