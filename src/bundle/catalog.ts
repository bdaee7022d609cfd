import type { Arch } from '../desired/artifact.js';
import { manifestImages, pauseImage, systemImages } from '../desired/images.js';
import { everyPodImage } from '../desired/pods/pod-images.js';
import { userPodImages } from '../desired/user-pods/user-pods.js';
import { hasApi, type Inventory } from '../inventory/inventory.js';
import { release } from '../kubernetes/versions.js';

interface Wanted {
  readonly arch: Arch;
}

interface WantedDownload extends Wanted {
  readonly name: string;
  /** As upstream writes it, with its leading `v`. */
  readonly version: string;
  /** Where upstream serves it; a mirror may stand in. */
  readonly url: string;
  /** A file with the SHA-256 of it: bare, or as `sha256sum` prints it. */
  readonly checksumUrl: string;
}

/** A binary that upstream serves as it is. */
export interface WantedFile extends WantedDownload {
  readonly kind: 'file';
  /** Where it goes on a host. */
  readonly path: string;
}

/** An archive (tar.gz) of binaries. */
export interface WantedArchive extends WantedDownload {
  readonly kind: 'archive';
  /** Where its binaries go on a host. */
  readonly directory: string;
  /** Base names of the binaries that are wanted; without it every executable in the archive. */
  readonly members?: readonly string[];
}

/** One platform of an image. */
export interface WantedImage extends Wanted {
  readonly kind: 'image';
  /** The full name, such as `registry.k8s.io/pause:3.10.2`. */
  readonly ref: string;
  /** True when only an addon mentions it: one that cannot be had stops nothing else. */
  readonly optional?: boolean;
}

/** A file of the user's own, from the operator's machine or from a bundle. */
export interface WantedExtraFile extends Wanted {
  readonly kind: 'extra-file';
  /** Where the inventory says it is; by this it is found in a bundle, too. */
  readonly source: string;
  /** Where it goes on a host. */
  readonly path: string;
  readonly mode: number;
}

/** Something to fetch. Its digest is not known yet. */
export type WantedArtifact = WantedFile | WantedArchive | WantedImage | WantedExtraFile;

/**
 * What hosts of these architectures need for the inventory's Kubernetes version, and where upstream serves it.
 * @throws Failure `inventory` when the version is not supported
 */
export function wantedArtifacts(inventory: Inventory, archs: readonly Arch[]): readonly WantedArtifact[] {
  return [...new Set(archs)].flatMap((arch) => [
    ...kubernetes(inventory, arch),
    ...companions(inventory, arch),
    ...images(inventory).map((image): WantedImage => ({ kind: 'image', ...image, arch })),
    ...extraFiles(inventory, arch),
  ]);
}

function kubernetes(inventory: Inventory, arch: Arch): readonly WantedFile[] {
  const version = inventory.spec.kubernetesVersion;
  // There is nothing to ask kubectl for where there is no API.
  return ['kubelet', ...(hasApi(inventory) ? ['kubectl'] : [])].map((name) => {
    const url = `https://dl.k8s.io/release/${version}/bin/linux/${arch}/${name}`;
    const path = `/usr/local/bin/${name}`;
    return { kind: 'file', name, version, arch, url, checksumUrl: `${url}.sha256`, path };
  });
}

function companions(inventory: Inventory, arch: Arch): readonly WantedArtifact[] {
  const { containerd, runc, cniPlugins } = companionVersions(inventory);
  const containerdUrl = `https://github.com/containerd/containerd/releases/download/v${containerd}/containerd-${containerd}-linux-${arch}.tar.gz`;
  const runcUrl = `https://github.com/opencontainers/runc/releases/download/v${runc}`;
  const pluginsUrl = `https://github.com/containernetworking/plugins/releases/download/v${cniPlugins}/cni-plugins-linux-${arch}-v${cniPlugins}.tgz`;
  return [
    {
      kind: 'archive',
      name: 'containerd',
      version: `v${containerd}`,
      arch,
      url: containerdUrl,
      checksumUrl: `${containerdUrl}.sha256sum`,
      directory: '/usr/local/bin',
      members: ['containerd', 'ctr', 'containerd-shim-runc-v2'],
    },
    {
      kind: 'file',
      name: 'runc',
      version: `v${runc}`,
      arch,
      url: `${runcUrl}/runc.${arch}`,
      checksumUrl: `${runcUrl}/runc.sha256sum`,
      path: '/usr/local/sbin/runc',
    },
    ...(inventory.spec.networking.plugin === 'host'
      ? []
      : [
          {
            kind: 'archive' as const,
            name: 'cni-plugins',
            version: `v${cniPlugins}`,
            arch,
            url: pluginsUrl,
            checksumUrl: `${pluginsUrl}.sha256`,
            directory: '/opt/cni/bin',
          },
        ]),
  ];
}

/** Versions without their leading `v`: the inventory's own, or those that belong to the release. */
function companionVersions({ spec }: Inventory) {
  const known = release(spec.kubernetesVersion);
  const { containerd, runc, cniPlugins } = spec.artifacts.versions;
  return {
    containerd: containerd ?? known.containerd,
    runc: runc ?? known.runc,
    cniPlugins: cniPlugins ?? known.cniPlugins,
  };
}

function images(inventory: Inventory): readonly Pick<WantedImage, 'ref' | 'optional'>[] {
  const own = new Set([
    ...everyPodImage(inventory),
    ...inventory.spec.hosts.flatMap((host) => userPodImages(inventory, host)),
    pauseImage(inventory),
    ...systemImages(inventory),
    ...inventory.spec.artifacts.extraImages,
  ]);
  const mentioned = manifestImages(inventory).filter((ref) => !own.has(ref));
  return [...[...own].map((ref) => ({ ref })), ...mentioned.map((ref) => ({ ref, optional: true }))];
}

const extraFiles = ({ spec }: Inventory, arch: Arch): readonly WantedExtraFile[] =>
  spec.artifacts.extraFiles
    .filter((file) => (file.arch ?? arch) === arch)
    .map(({ source, path, mode }) => ({
      kind: 'extra-file',
      source,
      path,
      mode: Number.parseInt(mode, 8),
      arch,
    }));
