import { type BinaryArtifact, extraFileVersion, type ImageArtifact } from '../bundle/artifact.js';
import { Failure } from '../failure.js';
import { components } from './component.js';
import { type HostInput, isControlPlane } from './host-input.js';
import { addonImages, componentImage, loadBalancerImage, pauseImage } from './images.js';
import { isBalanced } from './load-balancer.js';
import type { BinaryResource, ImageResource } from './resource.js';

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

/** Names of the images that a host needs: those of its static pods, of kube-proxy and CoreDNS, and the user's own. */
export function wantedImages({ inventory, host }: Pick<HostInput, 'inventory' | 'host'>): readonly string[] {
  const pause = pauseImage(inventory);
  const run = isControlPlane(host) ? components.map((component) => componentImage(inventory, component)) : [];
  const balancer = isBalanced(inventory, host) ? [loadBalancerImage(inventory)] : [];
  return [
    ...new Set([
      pause,
      ...run,
      ...balancer,
      ...addonImages(inventory),
      ...inventory.spec.artifacts.extraImages,
    ]),
  ];
}

/**
 * The images of a host. None without any artifacts, as in a rendering that needs no digests.
 * @throws Failure `artifact` when there are artifacts, but not one of these images
 */
export function images(input: HostInput): readonly ImageResource[] {
  const { inventory } = input;
  if (input.artifacts.length === 0) return [];
  return wantedImages(input).map((ref) => {
    const { digest, blobs } = imageArtifact(input, ref);
    const because = inventory.spec.artifacts.extraImages.includes(ref)
      ? 'spec.artifacts.extraImages'
      : addonImages(inventory).includes(ref)
        ? 'kube-proxy and CoreDNS run on every host, or may'
        : 'static pods of this host run it';
    return { kind: 'image', phase: 'images', ref, digest, blobs, because };
  });
}

function imageArtifact({ artifacts, traits, host }: HostInput, ref: string): ImageArtifact {
  const found = artifacts.find(
    (artifact): artifact is ImageArtifact =>
      artifact.kind === 'image' && artifact.ref === ref && artifact.arch === traits.arch,
  );
  if (found !== undefined) return found;
  throw new Failure({
    kind: 'artifact',
    doing: `looking for the image ${ref} (${traits.arch})`,
    where: { host: host.name, phase: 'images' },
    said: 'it is not among the artifacts of this run',
    next: 'use a bundle that was made for this inventory: podstrap bundle create',
  });
}
