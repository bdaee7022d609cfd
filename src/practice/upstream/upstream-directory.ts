import { mkdir, readdir } from 'node:fs/promises';
import { arch as machine } from 'node:os';
import { join } from 'node:path';
import { parseImageName } from '../../kubernetes/image-name.js';
import { archiveOnce } from './upstream-archive.js';
import { type Bytes, checksumBytes, fileBytes, type UpstreamContent } from './upstream-content.js';
import { readDockerArchive } from './upstream-docker-archive.js';
import { addImage, type Platform, type Shelf } from './upstream-images.js';

export interface DirectoryContentOptions {
  /**
   * Holds kubernetes-VERSION/{kubelet,kubectl}; containerd-V/containerd, ctr-V/ctr and
   * containerd-shim-runc-v2-V/containerd-shim-runc-v2; runc-V/runc; PLUGIN-V/PLUGIN for CNI plugins; and images/*.tar as
   * `docker save` writes them. Versions have their leading v.
   */
  readonly dist: string;
  /** Where archives are made, once; default: `upstream` in dist. */
  readonly work?: string;
  /** Of the binaries; default: this machine's. */
  readonly arch?: string;
}

interface Build {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
}

type Files = readonly (readonly [path: string, content: Bytes])[];

const plugins = new Set([
  ...['bandwidth', 'bridge', 'dhcp', 'dummy', 'firewall', 'host-device', 'host-local', 'ipvlan', 'loopback'],
  ...['macvlan', 'portmap', 'ptp', 'sbr', 'static', 'tap', 'tuning', 'vlan', 'vrf'],
]);

/** Real builds, served as upstream would serve them. */
export async function directoryContent(options: DirectoryContentOptions): Promise<UpstreamContent> {
  const { dist, work = join(dist, 'upstream'), arch = machine() === 'arm64' ? 'arm64' : 'amd64' } = options;
  await mkdir(work, { recursive: true });
  const builds = await buildsIn(dist);
  const named = (name: string) => builds.filter((build) => build.name === name);
  const pluginVersions = new Set(
    builds.filter(({ name }) => plugins.has(name)).map(({ version }) => version),
  );
  const files = await Promise.all([
    ...named('kubernetes').map((build) => kubernetesFiles(build, arch)),
    ...named('containerd').map((build) => containerdFiles(build, dist, arch, work)),
    ...named('runc').map((build) => runcFiles(build, arch)),
    ...[...pluginVersions].map((version) => pluginFiles(version, builds, arch, work)),
  ]);
  return { files: new Map(files.flat()), ...(await images(join(dist, 'images'))) };
}

async function buildsIn(dist: string): Promise<readonly Build[]> {
  const names = (await readdir(dist)).sort();
  return names.flatMap((entry) => {
    const [, name, version] = /^(.+)-(v\d+\.\d+\.\d+.*)$/.exec(entry) ?? [];
    return name === undefined ? [] : [{ name, version: version!, directory: join(dist, entry) }];
  });
}

async function kubernetesFiles({ version, directory }: Build, arch: string): Promise<Files> {
  const pairs = ['kubelet', 'kubectl'].map(async (name): Promise<Files> => {
    const path = `/release/${version}/bin/linux/${arch}/${name}`;
    const bytes = await fileBytes(join(directory, name));
    return [
      [path, bytes],
      [`${path}.sha256`, checksumBytes(bytes)],
    ];
  });
  return (await Promise.all(pairs)).flat();
}

async function containerdFiles({ version }: Build, dist: string, arch: string, work: string): Promise<Files> {
  const name = `containerd-${version.slice(1)}-linux-${arch}.tar.gz`;
  const members = ['containerd', 'ctr', 'containerd-shim-runc-v2'].map((member) => ({
    name: `bin/${member}`,
    file: join(dist, `${member}-${version}`, member),
  }));
  const bytes = await fileBytes(await archiveOnce(join(work, name), members));
  return published(`/containerd/containerd/releases/download/${version}`, name, bytes, 'sha256sum');
}

async function runcFiles({ version, directory }: Build, arch: string): Promise<Files> {
  const folder = `/opencontainers/runc/releases/download/${version}`;
  const bytes = await fileBytes(join(directory, 'runc'));
  return [
    [`${folder}/runc.${arch}`, bytes],
    [`${folder}/runc.sha256sum`, checksumBytes(new Map([[`runc.${arch}`, bytes]]))],
  ];
}

async function pluginFiles(
  version: string,
  builds: readonly Build[],
  arch: string,
  work: string,
): Promise<Files> {
  const name = `cni-plugins-linux-${arch}-${version}.tgz`;
  const members = builds
    .filter((build) => build.version === version && plugins.has(build.name))
    .map((build) => ({ name: `./${build.name}`, file: join(build.directory, build.name) }));
  const bytes = await fileBytes(await archiveOnce(join(work, name), members));
  return published(`/containernetworking/plugins/releases/download/${version}`, name, bytes, 'sha256');
}

const published = (folder: string, name: string, bytes: Bytes, suffix: string): Files => [
  [`${folder}/${name}`, bytes],
  [`${folder}/${name}.${suffix}`, checksumBytes(new Map([[name, bytes]]))],
];

/** Layers are served right out of the archives, uncompressed: nothing is copied, and importing them is quick. */
async function images(directory: string): Promise<Shelf> {
  const shelf: Shelf = { tags: new Map(), manifests: new Map(), blobs: new Map() };
  const archives = (await readdir(directory)).filter((name) => /-[^-]*\d[^/]*\.tar$/.test(name)).sort();
  for (const archive of archives) {
    const path = join(directory, archive);
    for (const { names, config, arch, layers } of await readDockerArchive(path)) {
      const platform: Platform = {
        arch,
        config,
        layers: await Promise.all(
          layers.map(async (layer) => ({
            mediaType: 'application/vnd.oci.image.layer.v1.tar',
            sha256: layer.sha256,
            bytes: await fileBytes(path, layer, layer.sha256),
          })),
        ),
      };
      for (const ref of names) {
        const { repository, reference } = parseImageName(ref);
        addImage(shelf, `${repository}:${reference}`, [platform]);
      }
    }
  }
  return shelf;
}
