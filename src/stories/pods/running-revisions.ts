import type { StaticPodResource } from '../../desired/resource.js';
import type { HostFacts } from '../../observed/facts.js';
import { lookAtPods } from '../../observed/pods/running-pods.js';
import type { Transport } from '../../transport/transport.js';
import type { PodStatus } from '../status.js';
import { podsOn } from './list-pods.js';

/** The revision of each pod that runs, by its name; the host is asked again only where one is not the wanted one. */
export async function runningRevisionsOn(
  transport: Transport,
  pods: readonly StaticPodResource[],
  { sandboxes }: HostFacts,
): Promise<ReadonlyMap<string, string>> {
  const known = new Set(sandboxes.flatMap(({ running, revision }) => (running && revision ? revision : [])));
  if (pods.every(({ revision }) => known.has(revision)))
    return new Map(pods.map(({ name, revision }) => [name, revision]));
  const listed = podsOn(transport.host, await lookAtPods(transport));
  return new Map(listed.flatMap(({ pod, revision }) => (revision === undefined ? [] : [[pod, revision]])));
}

/** Whether what runs of a pod is what is wanted. Pure. */
export function runningOf(
  { name, revision: wanted }: StaticPodResource,
  running: ReadonlyMap<string, string>,
): Pick<PodStatus, 'running' | 'revision'> {
  const revision = running.get(name);
  if (revision === undefined) return { running: 'none' };
  return { running: revision === wanted ? 'wanted' : 'other', revision };
}
