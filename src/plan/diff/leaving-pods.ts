import { optionalPods } from '../../desired/pods/optional-pods.js';
import type { DesiredHost } from '../../desired/resource.js';
import { manifestPath } from '../../host/paths.js';
import { isOwnPod } from '../../kubernetes/pod-names.js';
import type { HostFacts } from '../../observed/facts.js';
import type { Step } from '../step.js';

/** Static pods of people's own that podstrap put on a host and that are no longer asked for. Pure. */
export function leavingPods(
  { resources }: DesiredHost,
  { manifestNames, applied }: Pick<HostFacts, 'manifestNames' | 'applied'>,
): readonly { readonly name: string; readonly path: string }[] {
  const wanted = new Set(resources.flatMap((one) => (one.kind === 'static-pod' ? [one.path] : [])));
  return manifestNames
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .filter((name) => !isOwnPod(name))
    .map((name) => ({ name, path: manifestPath(name) }))
    .filter(({ path }) => applied[path] !== undefined && !wanted.has(path));
}

/** What takes them away. Pure. */
export const leavingSteps = (wanted: DesiredHost, facts: HostFacts): readonly Step[] =>
  leavingPods(wanted, facts).map(({ name: pod, path }) => ({
    host: wanted.host,
    phase: 'control-plane',
    action: { do: 'remove-file', path, pod },
    reason: 'spec.staticPods asks for it no longer',
  }));

/**
 * Pods of podstrap's own that it put there and that are no longer asked for; also one whose manifest is gone already and that its
 * kubelet has not let go, as a pod that runs and that no manifest tells of.
 */
export function retiringSteps({ host, resources }: DesiredHost, facts: HostFacts): Step[] {
  const { manifestNames, applied, sandboxes } = facts;
  const has = (path: string) => applied[path] !== undefined;
  const isStray = sandboxes.some(({ running, revision }) => running && revision === undefined);
  return optionalPods
    .filter(({ manifest }) => !resources.some((one) => one.kind === 'static-pod' && one.path === manifest))
    .filter(({ name, manifest }) => (manifestNames.includes(`${name}.yaml`) || isStray) && has(manifest))
    .flatMap(({ manifest, files, goes }) =>
      [manifest, ...files].filter(has).map(
        (path): Step => ({
          host,
          phase: 'control-plane',
          action: { do: 'remove-file', path },
          reason: goes,
        }),
      ),
    );
}
