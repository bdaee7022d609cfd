import { rollOutOrder } from '../plan/roll-out-order.js';
import type { Step } from '../plan/step.js';
import { workerTurns } from '../plan/worker-turns.js';
import type { Survey } from '../survey.js';
import { changeNode, isControlPlane, rollingSteps } from './change-node.js';
import { type Crew, checkpoint } from './crew.js';
import { removeMember } from './etcd-members.js';
import { giveUp, giveUpWorker } from './give-up.js';
import { refuseWithoutQuorum } from './quorum.js';
import { serveKubelets } from './serve-kubelets.js';
import { onHosts, stage } from './stage.js';
import { supply } from './supply.js';
import { takeSnapshot } from './take-snapshot.js';
import { tellPeers } from './tell-peers.js';
import { watchNodes } from './watch-nodes.js';

/**
 * Changes a live cluster: artifacts, what hosts know of one another and what kubelets serve with to all hosts at once,
 * then one control plane after another behind its gates, whoever leads last, then workers; what the API holds, and hosts
 * that leave, come after. What fails is undone on every control plane that this run changed; a worker that fails goes
 * back alone.
 */
export async function rollOut(crew: Crew, seen: Survey, steps: readonly Step[]): Promise<void> {
  const hosts = [...crew.transports.keys()];
  if (steps.some(({ action }) => action.do === 'save-snapshot')) await saveSnapshot(crew);
  await removeLost(crew, seen, steps);
  const { left, ahead } = await supply(crew, steps, hosts);
  const told = await tellPeers(crew, left, hosts);
  const rest = await serveKubelets(crew, seen, told, hosts);
  await changeAll({ ...crew, ahead }, seen, rest, hosts);
}

async function changeAll(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  hosts: readonly string[],
): Promise<void> {
  const { session } = crew;
  const changing = inOrder(crew, seen).filter((name) => rollingSteps(steps, name).length > 0);
  if (changing.length > 0) await stage(session, 'roll out', () => changeInTurn(crew, seen, steps, changing));
  const workers = hosts.filter((name) => !isControlPlane(crew, name));
  const working = workers.filter((name) => rollingSteps(steps, name).length > 0);
  if (working.length > 0)
    await stage(session, 'workers', async () => {
      for (const some of workerTurns(working, steps, session.inventory.spec.upgrade.maxUnavailableWorkers)) {
        checkpoint(crew, `changing ${some.join(', ')}`);
        await onHosts(session, 'workers', some, async (name) => {
          await changeNode(crew, seen, name, steps, { changed: [], failed: session.abort }).catch(
            async (error: unknown) => {
              throw await giveUpWorker(crew, seen, steps, name, error);
            },
          );
          return 'changed and healthy';
        });
      }
    });
}

/** One control plane after another. All of them are watched meanwhile, and those that were changed for a while after. */
async function changeInTurn(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  changing: readonly string[],
): Promise<void> {
  const changed: string[] = [];
  let begun: string | undefined;
  const watch = await watchNodes(crew, seen, inOrder(crew, seen));
  try {
    for (const name of changing) {
      checkpoint(crew, `changing ${name}`);
      if (disturbs(rollingSteps(steps, name))) await refuseWithoutQuorum(crew, name);
      watch.leave(name);
      begun = name;
      changed.push(name);
      await changeNode(crew, seen, name, steps, { changed, failed: watch.failed });
      await watch.changed(name);
      await watch.allWell();
      begun = undefined;
      crew.session.emit({ event: 'host-done', host: name, stage: 'roll out', did: 'changed and healthy' });
    }
    await watch.rest();
  } catch (error) {
    const cause = watch.failed.aborted ? watch.failed.reason : error;
    watch.stop();
    throw await giveUp(crew, seen, steps, changed, begun, cause);
  } finally {
    watch.stop();
  }
}

/** Members that do not vote and will not come back go first: without them the others' majority is smaller. */
async function removeLost(crew: Crew, seen: Survey, steps: readonly Step[]): Promise<void> {
  const lost = steps.filter(({ phase }) => phase === 'lost-members');
  if (lost.length === 0) return;
  checkpoint(crew, 'removing lost members of etcd');
  await stage(crew.session, 'lost members', async () => {
    for (const step of lost) await removeMember(crew, seen, step);
  });
}

/** The way back that always works is made before anything is changed. */
const saveSnapshot = ({ session, transports }: Crew): Promise<void> =>
  stage(session, 'snapshot', async () => {
    const { host, path, size } = await takeSnapshot(session, transports, session.snapshots);
    session.emit({
      event: 'host-done',
      host,
      stage: 'snapshot',
      did: `saved ${(size / 1e6).toFixed(1)} MB of etcd as ${path}`,
    });
  });

/** Control planes that can be reached, in the order of a roll-out. */
const inOrder = (crew: Crew, { situation }: Survey): readonly string[] =>
  situation.kind === 'live'
    ? rollOutOrder(crew.session.inventory, situation).filter(
        (name) => isControlPlane(crew, name) && crew.transports.has(name),
      )
    : [];

/** True when something of the control plane stops for a moment. */
const disturbs = (steps: readonly Step[]): boolean =>
  steps.some(({ action }) => ['switch-manifest', 'put-manifest', 'restart-unit'].includes(action.do));
