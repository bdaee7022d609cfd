import { optionalPods } from '../../desired/pods/optional-pods.js';
import { type DesiredHost, type StaticPodResource, wantedOn } from '../../desired/resource.js';
import { Failure, Failures } from '../../failure.js';
import { paths } from '../../host/paths.js';
import { hostNamed } from '../../inventory/inventory.js';
import type { Step } from '../../plan/step.js';
import { digestOf } from '../../secrets/digest.js';
import type { Survey } from '../../survey/survey.js';
import { awaitHost, staticPods } from '../../verify/await-host.js';
import { runningRevisions } from '../../verify/sandboxes.js';
import { runsControlPlane } from '../change-node.js';
import type { Crew } from '../crew.js';
import { etcdStays } from '../etcd/etcd-stays.js';
import { refuseWithoutQuorum } from '../etcd/quorum.js';
import { runFenced } from '../lock/run-fenced.js';
import { fence } from '../scripts/fence.js';
import { storeFunctions } from '../scripts/store-script.js';
import type { SwitchPod } from '../scripts/switch-script.js';
import { isManifest, undoScript } from '../scripts/undo-script.js';
import { stage } from '../stage.js';
import { runSwitch } from '../switch-pods.js';
import { earlierHost } from './earlier-host.js';
import { isBeginning, parseReplaced, type Replaced } from './replaced.js';
import { startsPodsAnew } from './starts-pods-anew.js';

/** How one node stands after an undoing. */
export interface Undone {
  readonly host: string;
  /** `before`: as it was, and proved healthy; `kept`: left as it is on purpose; `unfinished`: it could not be put back. */
  readonly state: 'before' | 'kept' | 'unfinished';
  readonly said: string;
}

/**
 * Puts back what was replaced since the last run that was finished, on every node given, the last one first, then on
 * those that an earlier run left unfinished, and proves each healthy again. Never throws: the failure that led here is
 * the one to report.
 */
export async function undoHosts(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  changed: readonly string[],
): Promise<readonly Undone[]> {
  const undone: Undone[] = [];
  await stage(crew.session, 'undo', async () => {
    const keepEtcd = await etcdStays(crew, seen);
    if (keepEtcd) crew.session.emit({ event: 'warning', message: etcdCannotReturn });
    const all = [...changed].reverse().concat(await leftUnfinished(crew, changed));
    for (const host of all) undone.push(await undoOne(crew, seen, steps, host, keepEtcd));
  });
  return undone;
}

/** Puts back what was replaced on a worker whose change failed; nobody else is touched. Never throws. */
export const undoWorker = (crew: Crew, seen: Survey, steps: readonly Step[], host: string): Promise<Undone> =>
  undoOne(crew, seen, steps, host, false);

const etcdCannotReturn =
  'every etcd member has reached the new minor version, whose data the earlier one refuses: etcd stays, and Kubernetes is rolled back. Set spec.etcd.local.imageTag to the present tag to keep it so.';

async function undoOne(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  host: string,
  keepEtcd: boolean,
): Promise<Undone> {
  const { emit } = crew.session;
  if (joined(steps, host)) return { host, state: 'kept', said: joinedStays };
  emit({ event: 'host', host, stage: 'undo', doing: 'putting back what was there' });
  try {
    const was = await recordOf(crew, host);
    if (isBeginning(was)) return { host, state: 'kept', said: beginningStays };
    await undoHost(crew, seen, host, was, keepEtcd);
    emit({ event: 'host-done', host, stage: 'undo', did: 'as it was before, and healthy' });
    return { host, state: 'before', said: 'put back as it was before, and healthy' };
  } catch (error) {
    const said = `could not be put back: ${error instanceof Error ? error.message : String(error)}`;
    emit({ event: 'warning', host, message: said });
    return { host, state: 'unfinished', said };
  }
}

/** A member that joins has nothing behind it to go back to: its earlier data is gone, or there never was any. */
const joined = (steps: readonly Step[], host: string): boolean =>
  steps.some((step) => step.host === host && step.action.do === 'add-etcd-learner');
const joinedStays = 'stays as it is: an etcd member that has not joined yet does no harm';

const beginningStays =
  'stays as it is: it joined the cluster after the last finished run, so there is nothing to roll back to';

const recordOf = async ({ transports }: Crew, host: string): Promise<readonly Replaced[]> => {
  const script = `cat "$R${paths.replaced}" 2>/dev/null; exit 0`;
  return parseReplaced((await transports.get(host)!.exec({ script, timeoutMs: 30_000 })).stdout);
};

/** Other nodes that an earlier run began to change and did not finish. One that does not answer is none of them. */
async function leftUnfinished(crew: Crew, changed: readonly string[]): Promise<readonly string[]> {
  const others = [...crew.transports.keys()].filter((host) => !changed.includes(host));
  const records = await Promise.allSettled(others.map((host) => recordOf(crew, host)));
  return others.filter((_, index) => {
    const record = records[index]!;
    return record.status === 'fulfilled' && record.value.length > 0 && !isBeginning(record.value);
  });
}

async function undoHost(
  crew: Crew,
  seen: Survey,
  name: string,
  record: readonly Replaced[],
  keepEtcd: boolean,
): Promise<void> {
  const { session, transports, lock } = crew;
  // Another member may have gone meanwhile: going back stops this one just as going forward did.
  if (runsControlPlane(crew, name)) await refuseWithoutQuorum(crew, name, 'back');
  const transport = transports.get(name)!;
  const wanted = wantedOn(seen.desired, name);
  const was = record.filter((one) => !(keepEtcd && isManifest(one) && one.path === etcdManifest));
  const restart = unitsToRestart(wanted, was);
  const others = restart.filter((unit) => unit !== kubelet);
  const stays = new Set(staticPods(wanted).map(({ path }) => path));
  const removed = new Set(
    [
      ...optionalPods.map(({ manifest }) => manifest),
      ...was.filter(isManifest).map(({ path }) => path),
    ].filter((path) => !stays.has(path)),
  );
  const script = undoScript(was, binariesOf(wanted), others, lock.id, removed);
  await runFenced(transport, { script }, { doing: 'Putting back what was there' });
  const { before, standing } = await earlierHost(transport, wanted, was);
  const running = await runningRevisions(
    transport,
    staticPods(before).map(({ revision }) => revision),
  );
  const restartKubelet = restart.includes(kubelet);
  const anew = restartKubelet && (await startsPodsAnew(transport, wanted, was));
  const isStale = ({ name: pod, revision }: StaticPodResource) =>
    anew || !standing.has(pod) || typeof running === 'string' || !running.has(revision);
  const kept = new Map(was.filter(isManifest).map(({ path, sha256 }) => [path, sha256]));
  const back = staticPods(before)
    .filter((pod) => !removed.has(pod.path) && isStale(pod))
    .flatMap(({ name: pod, path, mode, content }): SwitchPod[] => {
      const sha256 = kept.get(path);
      if (sha256 !== undefined) return [{ pod, path, mode, sha256, from: 'stored' }];
      return anew ? [{ pod, path, mode, sha256: digestOf(content), from: 'there' }] : [];
    });
  await runSwitch(crew, name, back, restartKubelet);
  if (restartKubelet && back.length === 0)
    await runFenced(
      transport,
      { script: `${fence(lock.id)}\nsystemctl restart ${kubelet}` },
      { doing: 'Restarting the kubelet' },
    );
  const host = hostNamed(session.inventory, name);
  await awaitHost(session, transport, host, before, 'undo');
  await runFenced(
    transport,
    { script: `${fence(lock.id)}${storeFunctions}\nforget_replaced || exit 1` },
    { doing: 'Recording that it is as before' },
  );
}

const kubelet = 'kubelet.service';
const etcdManifest = `${paths.manifests}/etcd.yaml`;

const binariesOf = ({ resources }: DesiredHost): ReadonlySet<string> =>
  new Set(resources.flatMap((resource) => (resource.kind === 'binary' ? [resource.path] : [])));

/** Units that read one of the files that go back. */
const unitsToRestart = ({ resources }: DesiredHost, was: readonly Replaced[]): readonly string[] => {
  const changed = new Set(was.flatMap((one) => ('path' in one && one.was !== 'mode' ? [one.path] : [])));
  return resources.flatMap((resource) =>
    resource.kind === 'unit' && resource.restartOn.some((path) => changed.has(path)) ? [resource.name] : [],
  );
};

/** A lost lock, a lost connection and an interruption are not undone, since `up` goes on from there. */
export const isUndoable = (error: unknown): boolean =>
  error instanceof Failures
    ? error.failures.every(isUndoable)
    : error instanceof Failure && (error.kind === 'gate' || error.kind === 'apply');
