import type { DesiredHost } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { controlPlanes, type Host } from '../inventory/inventory.js';
import { rollOutOrder } from '../plan/roll-out-order.js';
import { describeStep, type Step } from '../plan/step.js';
import type { Survey } from '../survey.js';
import { awaitHost } from '../verify/await-host.js';
import { type Crew, checkpoint, stepsOf, takeSteps } from './crew.js';
import { addLearner, promoteMember, removeMember } from './etcd-members.js';
import { applyObjects } from './objects.js';
import { onHosts, stage } from './stage.js';
import { awaitEtcd } from './start-together.js';
import { switchPods } from './switch-pods.js';
import { isTransfer, takeTransfers } from './transfers.js';
import { undoHosts } from './undo.js';
import { watchChanged } from './watch-changed.js';

/** Ends of a container after which a changed pod is given up: by then the kubelet has tried three times. */
const hopelessCrashes = 2;

/** What a live cluster may lose for a moment: steps of these phases go node by node. */
const rollingPhases = ['binaries', 'node', 'certificates', 'control-plane'] as const;

/**
 * Changes a live cluster: images to all hosts at once, then one control plane after another behind its gates, the
 * etcd leader last, then workers. What fails is undone on every node that this run changed.
 */
export async function rollOut(crew: Crew, seen: Survey, steps: readonly Step[]): Promise<void> {
  const { session, transports } = crew;
  const hosts = [...transports.keys()];
  await sendImages(crew, steps, hosts);
  const changing = inOrder(crew, seen).filter((name) => stepsOf(steps, name, ...rollingPhases).length > 0);
  const changed: string[] = [];
  const etcd = seen.situation.kind === 'live' ? seen.situation.etcd : { members: [], voting: [] };
  const voters = etcd.members.filter(({ learner }) => !learner).length;
  const voting = new Set(etcd.voting);
  if (changing.length > 0)
    await stage(session, 'roll out', async () => {
      try {
        for (const name of changing) {
          checkpoint(crew, `changing ${name}`);
          if (disturbs(stepsOf(steps, name, ...rollingPhases)))
            refuseWithoutQuorum(crew, voting, voters, name);
          changed.push(name);
          await changeNode(crew, seen, name, steps);
          voting.add(name);
          session.emit({ event: 'host-done', host: name, stage: 'roll out', did: 'changed and healthy' });
        }
        await watchChanged(crew, seen, changed);
      } catch (error) {
        await undoHosts(crew, seen, steps, changed, error);
        throw error;
      }
    });
  const workers = hosts.filter((name) => !isControlPlane(crew, name));
  const working = workers.filter((name) => stepsOf(steps, name, ...rollingPhases).length > 0);
  if (working.length > 0)
    await stage(session, 'workers', () =>
      onHosts(session, 'workers', working, async (name) => {
        await changeNode(crew, seen, name, steps);
        return 'changed and healthy';
      }),
    );
  if (steps.some(({ phase }) => phase === 'cluster')) await applyObjects(crew, seen.desired.objects, hosts);
}

async function sendImages(crew: Crew, steps: readonly Step[], hosts: readonly string[]): Promise<void> {
  const waiting = hosts.filter((host) => stepsOf(steps, host, 'images').length > 0);
  if (waiting.length === 0) return;
  await stage(crew.session, 'prepare', () =>
    onHosts(crew.session, 'prepare', waiting, async (host) => {
      const images = stepsOf(steps, host, 'images');
      // A host whose containerd is still to come gets its images in its own turn.
      if (stepsOf(steps, host, 'node').some(({ action }) => action.do === 'start-unit'))
        return 'images follow';
      await takeTransfers(crew, host, images.filter(isTransfer));
      await takeSteps(
        crew,
        host,
        images.filter((step) => !isTransfer(step)),
      );
      return `${images.length} images`;
    }),
  );
}

/** Control planes that can be reached, in the order of a roll-out. */
const inOrder = (crew: Crew, { situation }: Survey): readonly string[] =>
  situation.kind === 'live'
    ? rollOutOrder(crew.session.inventory, situation.etcd).filter(
        (name) => isControlPlane(crew, name) && crew.transports.has(name),
      )
    : [];

const isControlPlane = ({ session }: Crew, name: string): boolean =>
  controlPlanes(session.inventory).some((host) => host.name === name);

/** True when something of the control plane stops for a moment. */
const disturbs = (steps: readonly Step[]): boolean =>
  steps.some(({ action }) => ['switch-manifest', 'put-manifest', 'restart-unit'].includes(action.do));

/** etcd must keep quorum while this node is away. A lone member has none to keep, and one that is away already loses none. */
function refuseWithoutQuorum(crew: Crew, voting: ReadonlySet<string>, voters: number, name: string): void {
  const left = [...voting].filter((host) => host !== name && crew.transports.has(host)).length;
  if (voters <= 1 || !voting.has(name) || left > voters / 2) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Changing the next control plane',
    where: { host: name },
    said: `without it only ${left} of ${voters} etcd members would vote: no quorum`,
    next: 'Bring the other members back first; `podstrap status` shows them. Nothing was changed on this host.',
  });
}

/** One node: what restarts nothing first, then kubelet and runtime, then the static pods, each behind its gate. */
async function changeNode(crew: Crew, seen: Survey, name: string, steps: readonly Step[]): Promise<void> {
  const { session, transports } = crew;
  const host = session.inventory.spec.hosts.find((one) => one.name === name) as Host;
  const wanted = seen.desired.hosts.find((one) => one.host === name) as DesiredHost;
  const all = stepsOf(steps, name, ...rollingPhases, 'images');
  const only = (...kinds: Step['action']['do'][]) => all.filter(({ action }) => kinds.includes(action.do));
  session.emit({ event: 'host', host: name, stage: 'roll out', doing: 'changing' });
  await takeTransfers(crew, name, only('install-binary'));
  for (const step of only('remove-etcd-member')) await removeMember(crew, seen, step);
  for (const step of only('add-etcd-learner')) await addLearner(crew, seen, step);
  const node = stepsOf(steps, name, 'binaries', 'node').filter((step) => !isTransfer(step));
  await takeSteps(crew, name, node);
  await takeTransfers(crew, name, only('import-image'));
  await takeSteps(crew, name, only('pin-image'));
  const switches = only('switch-manifest');
  // Pods are switched while the kubelet is down where it has to be restarted anyway: that is one stop, not two.
  const restart = only('restart-unit').filter(
    ({ action }) => switches.length > 0 && 'name' in action && action.name === 'kubelet.service',
  );
  const scripts = scripted(stepsOf(steps, name, 'certificates', 'control-plane'));
  await takeSteps(
    crew,
    name,
    scripts.filter((step) => !restart.includes(step)),
  );
  await switchPods(crew, name, switches, restart.length > 0);
  // A learner answers no linearizable reads, so its own gate, and its API server's, open only once it votes.
  for (const step of only('promote-etcd-member')) await promoteMember(crew, seen, step);
  await awaitHost(session, transports.get(name)!, host, wanted, 'roll out', hopelessCrashes);
  if (isControlPlane(crew, name)) await awaitEtcd(crew, votersToBe(crew, seen, name));
  for (const step of [...restart, ...switches])
    session.emit({ event: 'step', host: name, step: describeStep(step), reason: step.reason });
}

const elsewhere = ['switch-manifest', 'remove-etcd-member', 'add-etcd-learner', 'promote-etcd-member'];
const scripted = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ action }) => !elsewhere.includes(action.do) && action.do !== 'install-binary');

/** The members that must vote once this node is done: those that did, and its own. */
const votersToBe = ({ transports }: Crew, seen: Survey, name: string): string[] => {
  const voting = seen.situation.kind === 'live' ? seen.situation.etcd.voting : [];
  return [...new Set([...voting, name])].filter((host) => transports.has(host));
};
