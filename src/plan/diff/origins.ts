import { hardeningFlags } from '../../desired/hardening/hardening-flags.js';
import { ownPods } from '../../desired/pods/own-pods.js';
import { manifestPath, paths } from '../../host/paths.js';
import { additionsOf, componentSections } from '../../inventory/component-sections.js';
import { type RowName, rowNames, rowOf } from '../../inventory/hardening/rows.js';
import { askedFor } from '../../inventory/hardening/wanted-rows.js';
import type { Inventory } from '../../inventory/inventory.js';
import { formatPath, type Path } from '../../inventory/path.js';
import { type ComponentName, components, type PodName, podNames } from '../../kubernetes/pod-names.js';

/** A place in the inventory, or a patch, that a line of a file on a host can come from. */
export interface Origin {
  /** Where it stands, for people: `cluster.yaml:24:9: spec.apiServer.extraArgs[0]`. */
  readonly place: string;
  /** True when `line`, without quotes and what surrounds it, is what this place says. */
  readonly says: (line: string) => boolean;
}

/** The places that a file of a host can come from. */
export type OriginsOf = (host: string, path: string) => readonly Origin[];

/** Finds the places in an inventory that a file comes from. Pure. */
export const originsIn =
  (inventory: Inventory): OriginsOf =>
  (hostName, path) => {
    const { spec } = inventory;
    const index = spec.hosts.findIndex(({ name }) => name === hostName);
    const host = spec.hosts[index];
    if (host === undefined) return [];
    const pod = podNames.find((name) => path === manifestPath(name));
    if (pod !== undefined) return ofManifest(inventory, pod, index);
    const own: Path = ['spec', 'hosts', index, 'kubelet'];
    const leaves = (base: Path, value: unknown) => leavesOf(inventory, base, value);
    const flags = (base: Path, args: Flags) => ofFlags(inventory, base, args);
    switch (path) {
      case paths.kubeletConfig:
        return [
          ...leaves([...own, 'config'], host.kubelet?.config),
          ...leaves(['spec', 'kubelet', 'config'], spec.kubelet.config),
          ...ofPatches(inventory, 'kubeletconfiguration'),
          ...ofRows(inventory, (name) => Object.keys(rowOf(name).kubelet ?? {})),
          ...ofFields(inventory, {
            clusterDomain: 'spec.networking.dnsDomain',
            clusterDNS: 'spec.networking.serviceSubnet',
          }),
        ];
      case paths.balancerConfig:
        return ofBalancer(inventory);
      case paths.kubeletUnit:
        return [
          ...flags([...own, 'extraArgs'], host.kubelet?.extraArgs ?? []),
          ...flags(['spec', 'kubelet', 'extraArgs'], spec.kubelet.extraArgs),
          ...leaves(['spec', 'kubelet', 'unit'], spec.kubelet.unit),
        ];
      case '/etc/systemd/system/containerd.service':
        return leaves(['spec', 'containerd', 'unit'], spec.containerd.unit);
      case '/etc/containerd/config.toml':
        return leaves(['spec', 'containerd', 'config'], spec.containerd.config);
      default:
        return [];
    }
  };

/** The control planes, and the two ports. */
const ofBalancer = (inventory: Inventory): readonly Origin[] => [
  ...inventory.spec.hosts.map(({ name }, index) =>
    origin(inventory, ['spec', 'hosts', index], (line) => line.startsWith(`server ${name} `)),
  ),
  origin(inventory, ['spec', 'loadBalancer'], (line) => line.startsWith('bind ')),
];

/** What becomes a value of an environment variable. */
const ofVariables = (inventory: Inventory, places: readonly Path[]): readonly Origin[] =>
  places.flatMap((path) => {
    const value = path.reduce<unknown>((whole, key) => (whole as Fields | undefined)?.[key], inventory);
    const says = (line: string) => line === `value: ${value}`;
    return value === undefined ? [] : [origin(inventory, path, says)];
  });

type Fields = Readonly<Record<PropertyKey, unknown>>;

function ofManifest(inventory: Inventory, pod: PodName, index: number): readonly Origin[] {
  const { origins, variables = [] } = ownPods[pod];
  const component = components.find((name) => name === pod);
  return [
    ...(component === undefined ? [] : ofAdditions(inventory, component)),
    ...ofPatches(inventory, pod),
    ...(component === undefined
      ? []
      : ofRows(inventory, (name) => hardeningFlags(name, component).map((flag) => `--${flag}`))),
    ...ofVariables(inventory, variables),
    ...ofFields(inventory, { ...origins, 'advertise-address': `spec.hosts[${index}].advertiseAddress` }),
  ];
}

/** What the inventory asks for by a profile, or by the name of a row. @param keys fields or flags that a row sets */
function ofRows(inventory: Inventory, keys: (name: RowName) => readonly string[]): readonly Origin[] {
  const { spec } = inventory;
  return rowNames
    .filter((name) => askedFor(spec, name) === true)
    .flatMap((name) => {
      const own = rowOf(name).field?.split('.') ?? ['spec', 'hardening', name];
      const said = own.reduce<unknown>((whole, key) => (whole as Fields | undefined)?.[key], inventory);
      const path = said === undefined ? ['spec', 'profile'] : own;
      return keys(name).map((key) =>
        origin(
          inventory,
          path,
          (line) => line.startsWith(`${key}: `) || line.startsWith(`${key}=`) || line === `${key}:`,
        ),
      );
    });
}

/** What the user adds to a component. */
function ofAdditions(inventory: Inventory, component: ComponentName): readonly Origin[] {
  const section = componentSections[component];
  const { extraArgs, extraEnvs, extraVolumes } = additionsOf(inventory.spec, component);
  return [
    ...ofFlags(inventory, [...section, 'extraArgs'], extraArgs),
    ...extraEnvs.flatMap((variable, at) =>
      leavesOf(inventory, [...section, 'extraEnvs', at], variable, true),
    ),
    ...extraVolumes.map((volume, at) => {
      const words = new Set([
        `name: ${volume.name}`,
        `path: ${volume.hostPath}`,
        `mountPath: ${volume.mountPath}`,
      ]);
      return origin(inventory, [...section, 'extraVolumes', at], (line) => words.has(line));
    }),
  ];
}

type Flags = readonly { readonly name: string; readonly value: string }[];

const ofFlags = (inventory: Inventory, base: Path, flags: Flags): readonly Origin[] =>
  flags.map(({ name, value }, index) =>
    origin(inventory, [...base, index], (line) => line === `--${name}=${value}`, `--${name}`),
  );

const ofFields = (inventory: Inventory, table: Readonly<Record<string, string>>): readonly Origin[] =>
  Object.entries(table).map(([name, path]) => ({
    place: `${inventory.placeOf(path)}: ${path}`,
    says: (line) => line.startsWith(`${name}: `) || line.startsWith(`--${name}=`) || line === `${name}:`,
  }));

const ofPatches = ({ patches }: Inventory, target: string): readonly Origin[] =>
  patches
    .filter((patch) => patch.target === target)
    .map(({ file, content, type }) => {
      const said = new Set(linesOf(type === 'json' ? valuesOf(content) : content));
      return { place: `the patch ${file}`, says: (line: string) => said.has(line) };
    });

/** Of the operations of a JSON patch only what they bring. */
const valuesOf = (operations: unknown): unknown =>
  (operations as readonly { path: string; value?: unknown }[]).map(({ path, value }) => ({
    [path.slice(path.lastIndexOf('/') + 1)]: value,
  }));

/** Lines that YAML, TOML or a unit may have for the leaves of `value`. */
function linesOf(value: unknown, key = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => linesOf(item, ''));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, item]) => linesOf(item, name));
  const text = String(value);
  return key === '' ? [text] : [`${key}: ${text}`, `${key} = ${text}`, `${key}=${text}`];
}

function leavesOf(inventory: Inventory, base: Path, value: unknown, whole = false): readonly Origin[] {
  if (!whole && typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([name, item]) => leavesOf(inventory, [...base, name], item));
  if (value === undefined) return [];
  const said = new Set(linesOf(value, whole ? '' : String(base.at(-1))));
  return [origin(inventory, base, (line) => said.has(line))];
}

function origin(inventory: Inventory, path: Path, says: Origin['says'], more?: string): Origin {
  const text = formatPath(path);
  return { place: `${inventory.placeOf(text)}: ${text}${more === undefined ? '' : ` (${more})`}`, says };
}
