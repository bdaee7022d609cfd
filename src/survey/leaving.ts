import type { Arch, Artifacts, ImageArtifact } from '../desired/artifact.js';
import { wantedImages } from '../desired/artifacts.js';
import { desired } from '../desired/desired.js';
import { hostOf } from '../desired/known-host.js';
import type { DesiredHost } from '../desired/resource.js';
import type { Settled } from '../desired/settled.js';
import { Failure } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import type { HostFacts } from '../observed/facts.js';
import { observe } from '../observed/observe.js';
import type { ProbeRequest } from '../observed/probe/probe.js';
import type { EtcdView } from '../observed/views/etcd-view.js';
import { anyRing } from '../pki/encryption/ring.js';
import { type Leaving, leaveSteps } from '../plan/leave/leave-steps.js';
import { leavingMembers } from '../plan/leave/leaving-members.js';
import { notThatHost } from '../plan/refuse/other-machine.js';
import { votingIn } from '../plan/situation.js';
import type { Step } from '../plan/step.js';
import type { Transport } from '../transport/transport.js';
import type { LeavingHost, Site } from './open-site.js';
import { firstAnswer, type Session } from './session.js';
import type { Survey } from './survey.js';
import { archOf, traitsOf } from './traits-of.js';

/** Looks at the hosts that have left the inventory, as far as they can be reached. Reads only; never throws. */
export const lookAtLeaving = (
  leaving: readonly LeavingHost[],
  requestFor: (host: LeavingHost['known']) => ProbeRequest,
): Promise<readonly Leaving[]> =>
  Promise.all(
    leaving.map(async ({ known, way }): Promise<Leaving> => {
      const { name } = known;
      if (way instanceof Failure) return { name, said: way.said ?? way.message };
      try {
        return { name, facts: await observe(way, requestFor(known)) };
      } catch (error) {
        // Whatever it is that it cannot tell: it leaves the cluster as one that does not answer.
        return { name, said: (error as Error).message };
      }
    }),
  );

/** The same, judged: whether the machine that was looked at is the host that has left. @param listed what was seen of the hosts of the inventory */
export const judgeLeaving = (
  { keys }: Session,
  leaving: readonly LeavingHost[],
  seen: readonly Leaving[],
  listed: ReadonlyMap<string, HostFacts>,
): readonly Leaving[] =>
  seen.map((one) => {
    const { known } = leaving.find(({ known: { name } }) => name === one.name)!;
    return one.facts === undefined
      ? one
      : { ...one, isNot: notThatHost(known, one.facts, keys.clusterId, listed) };
  });

/** The ways to those of the leaving hosts that were found: the others have nothing that is to be taken from them. */
export const waysOfLeaving = (
  leaving: readonly LeavingHost[],
  judged: readonly Leaving[],
): ReadonlyMap<string, Transport> =>
  new Map(
    leaving.flatMap(({ known: { name }, way }) => {
      const { facts, isNot } = judged.find((one) => one.name === name)!;
      return way instanceof Failure || facts === undefined || isNot !== undefined
        ? []
        : [[name, way] as const];
    }),
  );

/** How they leave; asks the API for their nodes, and for volumes that are on them alone. Reads only. */
export async function planLeaving(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  etcd: EtcdView,
  leaving: readonly Leaving[],
): Promise<readonly Step[]> {
  const { inventory } = session;
  const members = leavingMembers(inventory, etcd);
  if (leaving.length + members.length === 0) return [];
  const told = await firstAnswer(session, transports, (kube) =>
    Promise.all([kube.list('Node'), kube.list('PersistentVolume')]),
  );
  const ofApi = (nodes: readonly ApiObject[], volumes: readonly ApiObject[]) => ({
    nodeOf: (name: string) => nodes.find(({ metadata }) => metadata.name === name),
    volumes,
  });
  return leaveSteps({
    leaving,
    etcd,
    members,
    ...('answer' in told ? ofApi(...told.answer) : {}),
  });
}

/**
 * What podstrap would want of the leaving hosts if they stayed: what a reset takes from them. Their keys are none of
 * their own, and images need not be among the artifacts of those that stay, since only paths and names matter.
 */
export function wantedOfLeaving(
  { inventory, keys }: Session,
  leaving: readonly LeavingHost[],
  facts: ReadonlyMap<string, HostFacts>,
  artifacts: Artifacts,
  settled: Settled,
): ReadonlyMap<string, DesiredHost> {
  const hosts = leaving.flatMap(({ known }) => (facts.has(known.name) ? [hostOf(known)] : []));
  if (hosts.length === 0) return new Map();
  const first = controlPlanes(inventory)[0]!;
  const alike = <T>(all: Readonly<Record<string, T>>) => ({
    ...Object.fromEntries(hosts.map(({ name }) => [name, all[first.name]!])),
    ...all,
  });
  const traits = hosts.map((host) => [host.name, traitsOf(facts.get(host.name)!, host)] as const);
  const theirs = { ...inventory, spec: { ...inventory.spec, hosts: [first, ...hosts] } };
  const named = hosts.flatMap((host) =>
    wantedImages({ inventory: theirs, host }).map((ref) => onlyNamed(ref, archOf(facts.get(host.name)!))),
  );
  const wanted = desired({
    inventory: theirs,
    keys: { ...keys, hosts: alike(keys.hosts) },
    artifacts: [...artifacts.list, ...named],
    settled: { ...settled, etcd: alike(settled.etcd) },
    encryption: anyRing,
    traits: Object.fromEntries(traits),
  }).hosts;
  return new Map(wanted.filter(({ host }) => host !== first.name).map((one) => [one.host, one]));
}

/** An image of which nothing but the name is known. */
const onlyNamed = (ref: string, arch: Arch): ImageArtifact => ({
  kind: 'image',
  ref,
  arch,
  digest: '',
  size: 0,
  mediaType: '',
  blobs: [],
});

/** Control planes, with those that are about to leave: more than half of them have to hold the lock of a run. */
export const votersOf = ({ inventory }: Session, { leaving, situation }: Survey): readonly string[] => {
  const names = controlPlanes(inventory).map(({ name }) => name);
  const voting = votingIn(situation);
  return [...names, ...[...leaving.keys()].filter((name) => voting.includes(name))];
};

/** What is left to do on hosts that have left, and that nobody could look at. */
export function tellUncleaned(
  { emit }: Session,
  { leaving }: Site,
  seen: Survey,
  left: readonly string[],
): void {
  for (const { known } of leaving.filter(({ known: { name } }) => left.includes(name))) {
    if (seen.leaving.has(known.name)) continue;
    emit({
      event: 'warning',
      host: known.name,
      message:
        'it has left the cluster, and nothing was deleted on it. Its certificates are good until they expire: keep it off, or erase its disk. When it is back, list it in spec.hosts again, run `podstrap reset` for it, and take it out',
    });
  }
}
