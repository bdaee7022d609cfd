import { additionsOf } from '../../inventory/component-sections.js';
import { parseDuration } from '../../inventory/duration.js';
import type { Inventory } from '../../inventory/inventory.js';
import { type ComponentName, components, type PodName } from '../../kubernetes/pod-names.js';
import { readYaml } from '../../read-yaml.js';
import { canonicalYaml } from '../canonical-yaml.js';
import type { HostInput } from '../host-input.js';
import { proxyVariables } from '../node/proxy.js';
import { applyPatches } from '../patches/apply-patches.js';
import { render } from '../templates.js';
import { customise, type Pod } from './customise.js';
import { extraFileVolumes } from './extra-files.js';
import { ownPods } from './own-pods.js';
import { revisionOf } from './revision.js';

export interface Manifest {
  readonly content: string;
  /** Value of its label `podstrap.io/revision`. */
  readonly revision: string;
}

/**
 * The manifest of one static pod on one host: template, then, for a component, the user's arguments, volumes and variables,
 * then the user's patches, then the label.
 *
 * @param restartInputs path → hex SHA-256 of the files that it reads only when it starts
 * @throws Failure `inventory` when a patch does not fit
 */
export function manifest(
  input: HostInput,
  name: PodName,
  restartInputs: ReadonlyMap<string, string>,
): Manifest {
  const { inventory } = input;
  const row = ownPods[name];
  const text = render(`${name}.yaml`, {
    image: row.image(inventory),
    startupFailures: startupFailures(inventory.spec.timeouts.controlPlaneComponentHealthCheck),
    ...row.values(input),
  });
  // What users add to a component may differ from host to host.
  if (isComponent(name)) return labelled(input, name, customised(input, name, read(text)), restartInputs);
  const known = composed.get(inventory) ?? new Map<string, Manifest>();
  composed.set(inventory, known);
  const asked = JSON.stringify([name, text, ...restartInputs]);
  const made = known.get(asked) ?? labelled(input, name, read(text), restartInputs);
  known.set(asked, made);
  return made;
}

/** Manifests that are the same on many hosts, by what they are made from: hundreds of workers have the same proxy. */
const composed = new WeakMap<Inventory, Map<string, Manifest>>();

const read = (text: string): Pod => readYaml(text) as Pod;

function labelled(
  { inventory }: HostInput,
  name: PodName,
  plain: Pod,
  restartInputs: ReadonlyMap<string, string>,
): Manifest {
  const pod = applyPatches(plain, name, inventory.patches) as Pod;
  const revision = revisionOf(pod, restartInputs);
  return { content: canonicalYaml(withLabel(pod, revision)), revision };
}

/** With what the user adds. */
function customised(input: HostInput, name: ComponentName, pod: Pod): Pod {
  const own = additionsOf(input.inventory.spec, name);
  const additions = { ...own, extraVolumes: [...extraFileVolumes(own), ...own.extraVolumes] };
  return customise(pod, additions, ownPods[name].proxied === true ? proxyVariables(input) : []);
}

const isComponent = (name: PodName): name is ComponentName =>
  (components as readonly string[]).includes(name);

const withLabel = (pod: Pod, revision: string): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, 'podstrap.io/revision': revision } },
});

const probePeriodMs = 10_000;

/** How many startup probes may fail before the kubelet restarts a component: as many as `timeout` has room for. */
const startupFailures = (timeout: string): number => Math.ceil(parseDuration(timeout) / probePeriodMs);
