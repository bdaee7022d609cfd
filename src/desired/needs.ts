import { parse } from 'smol-toml';
import { fullImageName } from '../kubernetes/image-name.js';
import { readYaml } from '../read-yaml.js';
import { imagesIn, imagesOfAddons } from './images-in.js';
import type { Desired, DesiredHost, Resource } from './resource.js';

/** What the files and objects of a desired state mention, and so must be on a host. */
export interface Needs {
  /** Names of images, as manifests, objects and containerd's configuration write them. */
  readonly images: readonly string[];
  /** Programs that units start, among the folders that podstrap's binaries go to. */
  readonly programs: readonly string[];
}

/** Reads out of every manifest, object, unit and configuration what it needs. Pure. */
export function needsOf({ hosts, objects, systemObjects: addons, manifests }: Desired): Needs {
  const resources = hosts.flatMap((host) => host.resources);
  // A script that is written to the host need not come from anywhere else.
  const written = new Set(resources.flatMap((one) => (one.kind === 'file' ? [one.path] : [])));
  return {
    images: sorted([
      ...hosts.flatMap(imagesAtStart),
      ...[...objects, ...addons].flatMap(imagesIn),
      ...imagesOfAddons(manifests),
    ]),
    programs: sorted(resources.flatMap(programsOf).filter((path) => !written.has(path))),
  };
}

/** Names of the images without which the static pods of a host do not start: theirs, and that of every sandbox. */
export const imagesAtStart = ({ resources }: DesiredHost): readonly string[] => [
  ...resources.flatMap((one) =>
    one.kind === 'static-pod'
      ? imagesIn(readYaml(one.content)).map((name) => fullImageName(name) ?? name)
      : [],
  ),
  ...resources.flatMap(sandboxOf),
];

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

interface ContainerdConfig {
  readonly plugins?: {
    readonly 'io.containerd.cri.v1.images'?: { readonly pinned_images?: { readonly sandbox?: string } };
  };
}

function sandboxOf(resource: Resource): readonly string[] {
  if (resource.kind !== 'file' || !resource.path.endsWith('/containerd/config.toml')) return [];
  if (typeof resource.content !== 'string') return [];
  const { plugins } = parse(resource.content) as ContainerdConfig;
  const sandbox = plugins?.['io.containerd.cri.v1.images']?.pinned_images?.sandbox;
  return sandbox === undefined ? [] : [sandbox];
}

function programsOf(resource: Resource): readonly string[] {
  if (resource.kind !== 'file' || !resource.path.endsWith('.service')) return [];
  if (typeof resource.content !== 'string') return [];
  return [...resource.content.matchAll(/^ExecStart=[-@:+!]*(\/usr\/local\/s?bin\/\S+)/gm)].map(
    ([, path]) => path!,
  );
}
