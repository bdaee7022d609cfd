import { readYaml } from '../../read-yaml.js';
import { canonicalYaml } from '../canonical-yaml.js';
import { additionsOf, type ComponentName } from '../component.js';
import { extraFileVolumes } from '../extra-files.js';
import type { HostInput } from '../host-input.js';
import { componentImage } from '../images.js';
import { applyPatches } from '../patches/apply-patches.js';
import { proxyVariables } from '../proxy.js';
import { render, type Values } from '../templates.js';
import { customise, type Pod } from './customise.js';
import { etcdValues } from './etcd.js';
import { apiServerValues } from './kube-apiserver.js';
import { controllerManagerValues } from './kube-controller-manager.js';
import { schedulerValues } from './kube-scheduler.js';
import { revisionOf } from './revision.js';
import { startupFailures } from './startup-failures.js';

const valuesOf: Readonly<Record<ComponentName, (input: HostInput) => Values>> = {
  etcd: etcdValues,
  'kube-apiserver': apiServerValues,
  'kube-controller-manager': controllerManagerValues,
  'kube-scheduler': schedulerValues,
};

export interface Manifest {
  readonly content: string;
  /** Value of its label `podstrap.io/revision`. */
  readonly revision: string;
}

/**
 * The manifest of one component on one host: template, then the user's arguments, volumes and variables, then the
 * user's patches, then the label.
 *
 * @param restartInputs path → hex SHA-256 of the files that the component reads only when it starts
 * @throws Failure `inventory` when a patch does not fit
 */
export function manifest(
  input: HostInput,
  component: ComponentName,
  restartInputs: ReadonlyMap<string, string>,
): Manifest {
  const { inventory } = input;
  const text = render(`${component}.yaml`, {
    image: componentImage(inventory, component),
    startupFailures: startupFailures(inventory.spec.timeouts.controlPlaneComponentHealthCheck),
    ...valuesOf[component](input),
  });
  const own = additionsOf(inventory.spec, component);
  const additions = { ...own, extraVolumes: [...extraFileVolumes(own), ...own.extraVolumes] };
  // etcd talks to its peers and to nobody else.
  const proxy = component === 'etcd' ? [] : proxyVariables(input);
  const pod = customise(readYaml(text) as Pod, additions, proxy);
  return labelled(applyPatches(pod, component, inventory.patches) as Pod, restartInputs);
}

/** A pod with its revision on it, as text. */
export function labelled(pod: Pod, restartInputs: ReadonlyMap<string, string>): Manifest {
  const revision = revisionOf(pod, restartInputs);
  return { content: canonicalYaml(withLabel(pod, revision)), revision };
}

const withLabel = (pod: Pod, revision: string): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, 'podstrap.io/revision': revision } },
});
