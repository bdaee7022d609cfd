import { wantedOn } from '../desired/resource.js';
import { controlPlanes, hostNamed } from '../inventory/inventory.js';
import { votingIn } from '../plan/situation.js';
import { type Action, isTransfer, type Step } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import type { Wave } from '../plan/waves/wave.js';
import type { Survey } from '../survey/survey.js';
import { awaitHost } from '../verify/await-host.js';
import { drainNode, uncordonIfPossible, uncordonNode } from './api/drain.js';
import { type Crew, takeSteps, tellStep } from './crew.js';
import { awaitEtcd } from './etcd/await-etcd.js';
import { addLearner, promoteMember, removeMember } from './etcd/etcd-members.js';
import { handOverLeadership } from './etcd/hand-over.js';
import { switchPods } from './switch-pods.js';
import { takeTransfers } from './transfer/transfers.js';

/** Ends of a container after which a changed pod is given up: by then the kubelet has tried three times. */
const hopelessCrashes = 2;

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
  wave: Pick<Wave, 'steps' | 'gates'>,
  name: string,
  surroundings: Surroundings,
): Promise<void> {
  const only = (what: Action['do']) => stepsOn(wave.steps, name).filter(({ action }) => action.do === what);
  crew.session.emit({ event: 'host', host: name, stage: 'roll out', doing: 'changing' });
  for (const step of only('drain-node')) await took(crew, step, drainNode(crew, name));
  const uncordon = only('uncordon-node');
  try {
    await changeDrained(crew, seen, wave, name, surroundings);
  } catch (error) {
    if (uncordon.length > 0) await uncordonIfPossible(crew, name);
    throw error;
  }
  for (const step of uncordon) await took(crew, step, uncordonNode(crew, name));
}

/** Tells of a step once its work is done. */
async function took(crew: Crew, step: Step, work: Promise<void>): Promise<void> {
  await work;
  tellStep(crew, step);
}

/** What restarts nothing first, then kubelet and runtime, then the static pods, each behind its gate. */
async function changeDrained(
  crew: Crew,
  seen: Survey,
  { steps, gates }: Pick<Wave, 'steps' | 'gates'>,
  name: string,
  { changed, failed }: Surroundings,
): Promise<void> {
  const { session, transports } = crew;
  const own = stepsOn(steps, name);
  const only = (...kinds: Action['do'][]) => own.filter(({ action }) => kinds.includes(action.do));
  await takeTransfers(crew, name, only('install-binary'));
  for (const step of only('remove-etcd-member')) await took(crew, step, removeMember(crew, seen, step));
  for (const step of only('add-etcd-learner')) await took(crew, step, addLearner(crew, seen, step));
  const isGround = ({ phase }: Step) => phase === 'binaries' || phase === 'node';
  await takeSteps(crew, name, scripted(own.filter(isGround)));
  await takeTransfers(crew, name, only('import-image'));
  await takeSteps(crew, name, only('pin-image'));
  const switches = only('switch-manifest');
  // Pods are switched while the kubelet is down where it has to be restarted anyway: that is one stop, not two.
  const restart = only('restart-unit').filter(
    ({ action }) => switches.length > 0 && 'name' in action && action.name === 'kubelet.service',
  );
  const scripts = scripted(own.filter((step) => !isGround(step) && step.phase !== 'images'));
  const read = scripts.filter(isReadUntilSwitched);
  await takeSteps(
    crew,
    name,
    scripts.filter((step) => !restart.includes(step) && !read.includes(step)),
  );
  if (switches.some(({ action }) => 'pod' in action && action.pod === 'etcd'))
    await handOverLeadership(crew, name, changed);
  await switchPods(crew, name, switches, restart.length > 0);
  // From here on it listens where the inventory says.
  session.apiPorts.delete(name);
  // A learner answers no linearizable reads, so its own gate, and its API server's, open only once it votes.
  for (const step of only('promote-etcd-member')) await took(crew, step, promoteMember(crew, seen, step));
  const verifying = { ...session, abort: AbortSignal.any([session.abort, failed]) };
  const host = hostNamed(session.inventory, name);
  const wanted = wantedOn(seen.desired, name);
  await awaitHost(verifying, transports.get(name)!, host, wanted, 'roll out', {
    crashes: hopelessCrashes,
  });
  if (gates.includes('etcd')) await awaitEtcd({ ...crew, session: verifying }, votersToBe(crew, seen, name));
  for (const step of [...restart, ...switches]) tellStep(crew, step);
  await takeSteps(crew, name, read);
}

/** What the pod of before reads: it goes once another one is there, and healthy. */
const isReadUntilSwitched = ({ action }: Step): boolean =>
  action.do === 'remove-file' && action.reader !== undefined;

const elsewhere = [
  'drain-node',
  'switch-manifest',
  'remove-etcd-member',
  'add-etcd-learner',
  'promote-etcd-member',
  'uncordon-node',
];
const scripted = (steps: readonly Step[]): readonly Step[] =>
  steps.filter((step) => !elsewhere.includes(step.action.do) && !isTransfer(step));

export const runsControlPlane = ({ session }: Crew, name: string): boolean =>
  controlPlanes(session.inventory).some((host) => host.name === name);

/** The members that must vote once this node is done: those that did, and its own. */
const votersToBe = ({ transports }: Crew, seen: Survey, name: string): string[] => {
  const voters = new Set([...votingIn(seen.situation), name]);
  return [...voters].filter((host) => transports.has(host));
};
