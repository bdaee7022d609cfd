import { Failure } from '../failure.js';
import { wantedRows } from '../inventory/hardening/wanted-rows.js';
import { type Host, hasApi } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { identityOf } from '../kubernetes/identity-of.js';
import { release } from '../kubernetes/versions.js';
import { binaries, images } from './artifacts.js';
import { clusterRecord } from './cluster-record.js';
import type { DesiredInput } from './desired-input.js';
import { encrypted } from './hardening/encrypt.js';
import { etcdUser } from './hardening/etcd-user.js';
import { hardened } from './hardening/harden.js';
import type { HostInput } from './host-input.js';
import { certificates, servingPair } from './identity/certificates.js';
import { directories } from './node/directories.js';
import { kernel } from './node/kernel.js';
import { kubelet } from './node/kubelet.js';
import { everyKubeletServesOurs } from './node/kubelet-serving.js';
import { podNetwork, podRoutes, routesToPods } from './node/pod-routes.js';
import { runtime } from './node/runtime.js';
import { access } from './objects/access.js';
import { addonObjects } from './objects/addon-objects.js';
import { configMaps } from './objects/config-maps.js';
import { coreDns } from './objects/core-dns.js';
import { kubeProxy } from './objects/kube-proxy.js';
import { nodes } from './objects/nodes.js';
import { virtualAddressAccess } from './objects/virtual-address.js';
import { extraFiles } from './pods/extra-files.js';
import { podFiles, staticPods } from './pods/static-pods.js';
import type { Desired, DesiredHost, FileResource, Resource } from './resource.js';
import { defaultTraits, type KeptFiles } from './traits.js';
import { userPods } from './user-pods/user-pods.js';

/**
 * What every host and the cluster should have. Pure.
 * @throws Failure `inventory` (a patch that does not fit, an unknown version), `keystore` (a host without a
 *   certificate), `artifact` (an image that is not there), `internal` (an etcd member whose birth is not settled)
 */
export function desired(input: DesiredInput): Desired {
  const { spec } = input.inventory;
  const rows = rowsOf(input);
  const common: Common = {
    inventory: encrypted(hardened(input.inventory, rows), input.encryption),
    rows,
    record: clusterRecord(input),
    routes: routesToPods(input.settled),
    checksKubelets: (input.checksKubelets ?? true) && everyKubeletServesOurs(input.inventory),
  };
  const hosts = spec.hosts.map((host) => desiredHost({ ...input, ...common }, host));
  if (!hasApi(input.inventory))
    return { hosts, objects: [], systemObjects: [], withdrawn: [], manifests: [] };
  const [proxy, dns] = [kubeProxy(input), coreDns(input)];
  const objects = desiredObjects(input);
  const addons = [...(spec.kubeProxy.disabled ? [] : proxy), ...(spec.dns.disabled ? [] : dns)];
  const manifests = addonObjects(input.inventory, [...objects, ...addons]);
  const taken = new Set(manifests.map(({ object }) => identityOf(object)));
  const off = [
    ...(spec.virtualAddress === undefined && input.settled.virtualAddress !== undefined
      ? virtualAddressAccess
      : []),
    ...(spec.kubeProxy.disabled ? proxy : []),
    ...(spec.dns.disabled ? dns : []),
  ];
  return {
    hosts,
    objects,
    systemObjects: addons,
    // An addon of the user's own may bring one of the same name.
    withdrawn: off.filter((object) => !taken.has(identityOf(object))),
    manifests,
  };
}

/** What hardens the cluster; nothing where there is none. */
const rowsOf = ({ inventory, settled }: DesiredInput): HostInput['rows'] =>
  hasApi(inventory) ? wantedRows(inventory.spec, settled.defaults) : new Set();

/** What is made once for all hosts: a copy each, of what grows with their number, would fill the memory and the time. */
interface Common extends Pick<HostInput, 'inventory' | 'rows' | 'routes' | 'checksKubelets'> {
  readonly record: FileResource;
}

/** What one host should have: every phase's resources, in the order in which they are brought about. */
function desiredHost(input: DesiredInput & Common, host: Host): DesiredHost {
  const hostInput: HostInput = {
    ...input,
    host,
    release: release(input.inventory.spec.kubernetesVersion),
    traits: input.traits[host.name] ?? defaultTraits(host),
  };
  const secured = certificates(hostInput).map((one) => keeping(one, hostInput.traits.kept));
  const own = extraFiles(hostInput);
  const others = userPods(hostInput);
  const resources = [
    ...binaries(hostInput),
    ...directories(hostInput),
    ...etcdUser(hostInput),
    ...kernel(hostInput),
    ...runtime(hostInput),
    ...podNetwork(hostInput),
    ...images(hostInput),
    input.record,
    ...podRoutes(hostInput),
    keeping(servingPair(hostInput), hostInput.traits.kept),
    ...secured,
    ...own,
    ...podFiles(hostInput),
    ...others.files,
    ...staticPods(hostInput, [...secured, ...own]),
    ...others.pods,
    ...kubelet(hostInput),
  ];
  refuseTwice(hostInput, resources);
  return { host: host.name, resources };
}

/** A pair that another operator made stays. */
const keeping = <One extends Resource>(resource: One, kept: KeptFiles = {}): One =>
  'path' in resource && kept[resource.path] !== undefined ? { ...resource, kept: true } : resource;

/** Only a file of the user's own can be in the way of another one. */
function refuseTwice({ inventory, host }: HostInput, resources: readonly Resource[]): void {
  const taken = new Set<string>();
  for (const resource of resources) {
    if (!('path' in resource)) continue;
    if (taken.has(resource.path))
      throw new Failure({
        kind: 'inventory',
        doing: `Putting together what ${host.name} should have`,
        said: `${resource.path} is wanted twice, with different content`,
        next: `Choose another path for the file in spec.artifacts.extraFiles of ${inventory.file}.`,
      });
    taken.add(resource.path);
  }
}

/** What the cluster's API should hold, in the order of application. */
const desiredObjects = (input: DesiredInput): readonly ApiObject[] => [
  ...access,
  ...(input.inventory.spec.virtualAddress === undefined ? [] : virtualAddressAccess),
  ...configMaps(input),
  ...nodes(input),
];
