import type { DesiredHost } from '../desired/resource.js';
import { controlPlanes, type Host } from '../inventory/inventory.js';
import type { Action, Step } from '../plan/step.js';
import type { Survey } from '../survey.js';
import { awaitHost } from '../verify/await-host.js';
import { type Crew, stepsOf, takeSteps, tellStep } from './crew.js';
import { drainNode, uncordonIfPossible, uncordonNode } from './drain.js';
import { addLearner, promoteMember, removeMember } from './etcd-members.js';
import { handOverLeadership } from './hand-over.js';
import { awaitEtcd } from './start-together.js';
import { switchPods } from './switch-pods.js';
import { takeTransfers } from './transfers.js';

/** Ends of a container after which a changed pod is given up: by then the kubelet has tried three times. */
const hopelessCrashes = 2;

/** What a live cluster may lose for a moment: steps of these phases go node by node. */
export const rollingPhases = [
  'binaries',
  'node',
  'peers',
  'serving',
  'certificates',
  'control-plane',
] as const;

/** The steps that a node's own turn takes. */
export const rollingSteps = (steps: readonly Step[], host: string): readonly Step[] =>
  stepsOf(steps, host, ...rollingPhases);

/** What a node is changed among. */
export interface Surroundings {
  /** Nodes that this run has changed already. */
  readonly changed: readonly string[];
  /** Aborted when another node fails meanwhile: then this one’s gates need not be waited for. */
  readonly failed: AbortSignal;
}

/** One node, drained where that is among its steps; however it ends, pods may come back to it. */
export async function changeNode(
  crew: Crew,
  seen: Survey,
  name: string,
  steps: readonly Step[],
  surroundings: Surroundings,
): Promise<void> {
  const has = (what: Action['do']) => rollingSteps(steps, name).some(({ action }) => action.do === what);
  crew.session.emit({ event: 'host', host: name, stage: 'roll out', doing: 'changing' });
  if (has('drain-node')) await drainNode(crew, name);
  try {
    await changeDrained(crew, seen, name, steps, surroundings);
  } catch (error) {
    if (has('uncordon-node')) await uncordonIfPossible(crew, name);
    throw error;
  }
  if (has('uncordon-node')) await uncordonNode(crew, name);
}

/** What restarts nothing first, then kubelet and runtime, then the static pods, each behind its gate. */
async function changeDrained(
  crew: Crew,
  seen: Survey,
  name: string,
  steps: readonly Step[],
  { changed, failed }: Surroundings,
): Promise<void> {
  const { session, transports } = crew;
  const all = stepsOf(steps, name, ...rollingPhases, 'images');
  const only = (...kinds: Action['do'][]) => all.filter(({ action }) => kinds.includes(action.do));
  await takeTransfers(crew, name, only('install-binary'));
  for (const step of only('remove-etcd-member')) await removeMember(crew, seen, step);
  for (const step of only('add-etcd-learner')) await addLearner(crew, seen, step);
  await takeSteps(crew, name, scripted(stepsOf(steps, name, 'binaries', 'node')));
  await takeTransfers(crew, name, only('import-image'));
  await takeSteps(crew, name, only('pin-image'));
  const switches = only('switch-manifest');
  // Pods are switched while the kubelet is down where it has to be restarted anyway: that is one stop, not two.
  const restart = only('restart-unit').filter(
    ({ action }) => switches.length > 0 && 'name' in action && action.name === 'kubelet.service',
  );
  const scripts = scripted(stepsOf(steps, name, 'peers', 'serving', 'certificates', 'control-plane'));
  await takeSteps(
    crew,
    name,
    scripts.filter((step) => !restart.includes(step)),
  );
  if (switches.some(({ action }) => 'pod' in action && action.pod === 'etcd'))
    await handOverLeadership(crew, name, changed);
  await switchPods(crew, name, switches, restart.length > 0);
  // From here on it listens where the inventory says.
  session.apiPorts.delete(name);
  // A learner answers no linearizable reads, so its own gate, and its API server's, open only once it votes.
  for (const step of only('promote-etcd-member')) await promoteMember(crew, seen, step);
  const verifying = { ...session, abort: AbortSignal.any([session.abort, failed]) };
  const host = session.inventory.spec.hosts.find((one) => one.name === name) as Host;
  const wanted = seen.desired.hosts.find((one) => one.host === name) as DesiredHost;
  await awaitHost(verifying, transports.get(name)!, host, wanted, 'roll out', {
    crashes: hopelessCrashes,
  });
  if (isControlPlane(crew, name))
    await awaitEtcd({ ...crew, session: verifying }, votersToBe(crew, seen, name));
  for (const step of [...restart, ...switches]) tellStep(crew, step);
}

const elsewhere = [
  'drain-node',
  'switch-manifest',
  'remove-etcd-member',
  'add-etcd-learner',
  'promote-etcd-member',
  'uncordon-node',
];
const scripted = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ action }) => !elsewhere.includes(action.do) && action.do !== 'install-binary');

export const isControlPlane = ({ session }: Crew, name: string): boolean =>
  controlPlanes(session.inventory).some((host) => host.name === name);

/** The members that must vote once this node is done: those that did, and its own. */
const votersToBe = ({ transports }: Crew, seen: Survey, name: string): string[] => {
  const voting = seen.situation.kind === 'live' ? seen.situation.etcd.voting : [];
  return [...new Set([...voting, name])].filter((host) => transports.has(host));
};
