import { controlPlanes } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { votingIn } from '../plan/situation.js';
import type { Step } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import type { Wave } from '../plan/waves/wave.js';
import type { Survey } from '../survey/survey.js';
import { drainNode } from './api/drain.js';
import { readyKube } from './api/ready-kube.js';
import { type Crew, checkpoint, tellStep } from './crew.js';
import { awaitEtcd } from './etcd/await-etcd.js';
import { removeMember } from './etcd/etcd-members.js';
import { handOverLeadership } from './etcd/hand-over.js';
import { runFenced } from './lock/run-fenced.js';
import { resetPlan } from './scripts/reset-script.js';
import { stopScript } from './scripts/stop-script.js';
import { onHosts } from './stage.js';
import { putBack } from './undo/put-back.js';

/** Milliseconds for the components of a host to end. */
const stopMs = 180_000;

/** Hosts that have left the inventory leave the cluster, as their steps say. */
export async function leave(crew: Crew, seen: Survey, { hosts, steps }: Wave): Promise<void> {
  checkpoint(crew, `letting ${hosts.join(', ')} leave`);
  await onHosts(crew.session, 'leave', hosts, async (host) => {
    for (const step of stepsOn(steps, host)) await take(crew, seen, step);
    return 'has left';
  });
}

async function take(crew: Crew, seen: Survey, step: Step): Promise<void> {
  const { session, lock } = crew;
  const { host, action } = step;
  const way = crew.leaving.get(host);
  switch (action.do) {
    case 'drain-node':
      await drainNode(crew, action.node);
      break;
    case 'stop-control-plane':
      await runFenced(
        way!,
        { script: stopScript(lock.id), timeoutMs: stopMs },
        { doing: 'Ending its components' },
      );
      break;
    case 'remove-etcd-member':
      if (way !== undefined) await handOverLeadership(crew, host, controlPlanesReached(crew));
      await removeMember(crew, seen, step);
      await awaitEtcd(crew, votersThatStay(crew, seen));
      break;
    case 'reset-host': {
      const dataDir =
        seen.factsOfLeaving.get(host)?.record?.fixed?.etcdDataDir ??
        session.inventory.spec.etcd.local.dataDir;
      await putBack(session, way!, resetPlan(seen.wantedOfLeaving.get(host)!, dataDir), lock);
      break;
    }
    case 'delete-node':
      await deleteNode(crew, action.node);
      break;
    default:
      throw new Error(`${action.do} is not a step of a host that leaves`);
  }
  tellStep(crew, step);
}

async function deleteNode(crew: Crew, name: string): Promise<void> {
  const node: ApiObject = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
  const kube = await readyKube(crew, { doing: `Deleting Node ${name}` });
  try {
    await kube.remove(node);
  } finally {
    kube.close();
  }
}

const controlPlanesReached = ({ session, transports }: Crew): readonly string[] =>
  controlPlanes(session.inventory)
    .map(({ name }) => name)
    .filter((name) => transports.has(name));

/** Those that voted at the start and stay, and those that have joined since. */
const votersThatStay = (crew: Crew, seen: Survey): readonly string[] => {
  const voting = votingIn(seen.situation);
  return controlPlanesReached(crew).filter((name) => voting.includes(name) || seen.arrivals.has(name));
};
