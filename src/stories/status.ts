import { X509Certificate } from 'node:crypto';
import { readLock } from '../apply/lock/held-lock.js';
import type { HeldLock } from '../apply/lock/lock-script.js';
import { etcdOn } from '../cluster/etcd.js';
import { wantedOn } from '../desired/resource.js';
import { controlPlanes, hostNamed } from '../inventory/inventory.js';
import type { Version } from '../kubernetes/version.js';
import { podVersion, runningOn } from '../observed/running.js';
import { addressHolders } from '../observed/views/address-holders.js';
import { describeStep, type Step, type Stranger } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import { digestOf } from '../secrets/digest.js';
import { openSite, type Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import { type Survey, survey } from '../survey/survey.js';
import { gatesOf, staticPods } from '../verify/await-host.js';
import { watchGate } from '../verify/health.js';
import { countRestarts } from '../verify/restarts.js';
import { type AddonStatus, addonStatus } from './addon-status.js';
import { type Grouping, type PodGroup, podGroups } from './pod-matrix.js';
import { runningOf, runningRevisionsOn } from './pods/running-revisions.js';

export interface PodStatus {
  readonly name: string;
  /** That of the image in the manifest on the host. Absent: no manifest there, or its tag is no version. */
  readonly version?: string;
  readonly wantedRevision: string;
  /** What runs: the wanted revision, another one, or nothing. */
  readonly running: 'wanted' | 'other' | 'none';
  /** Of what runs; absent where nothing does. */
  readonly revision?: string;
  readonly restarts: number;
  readonly healthy: boolean;
  /** What its gate still misses. */
  readonly missing?: string;
}

export interface CertificateStatus {
  readonly name: string;
  readonly path: string;
  readonly expires: string;
  readonly daysLeft: number;
}

export interface HostStatus {
  readonly host: string;
  readonly reachable: boolean;
  /** Why not. */
  readonly said?: string;
  readonly os?: string;
  /** `version` is that of the program on the disk; absent when there is none. */
  readonly kubelet?: { readonly healthy: boolean; readonly missing?: string; readonly version?: string };
  /** The run that is at work on it; seconds by the host's own clock. */
  readonly lock?: { readonly owner: string; readonly age?: number; readonly silent: number };
  readonly pods: readonly PodStatus[];
  readonly certificates: readonly CertificateStatus[];
  /** What `up` would change here. */
  readonly drift: readonly string[];
}

export interface EtcdMemberStatus {
  readonly name: string;
  readonly id: string;
  readonly role: 'leader' | 'member' | 'learner';
  readonly answers: boolean;
  readonly version?: string;
}

export interface Status {
  readonly apiVersion: 'podstrap.io/v1alpha1';
  readonly kind: 'Status';
  readonly cluster: string;
  /** That of the inventory; what runs is told by hosts and etcd. */
  readonly kubernetesVersion: string;
  readonly situation: string;
  readonly healthy: boolean;
  readonly hosts: readonly HostStatus[];
  /** How many hosts run which revisions; all hosts together where nothing else was asked for. */
  readonly groups: readonly PodGroup[];
  readonly etcd: readonly EtcdMemberStatus[];
  /** What runs on the cluster; it is no part of `healthy`. None before the cluster lives. */
  readonly addons: readonly AddonStatus[];
  /** Hosts that have the virtual address: one, normally. Absent where there is no such address. */
  readonly virtualAddress?: { readonly address: string; readonly holders: readonly string[] };
  readonly clusterDrift: readonly string[];
  /** Names of API objects that could not be compared, since no API server answered. */
  readonly uncompared: readonly string[];
  readonly strangers: readonly Stranger[];
  /** What the inventory asks for and the cluster cannot take, as sentences: `up` refuses it. */
  readonly refused: readonly string[];
}

/** How hosts and cluster are, against what the inventory wants. Reads only. @param grouping by which hosts are counted together */
export async function status(session: Session, grouping?: Grouping): Promise<Status> {
  const site = await openSite(session);
  try {
    const seen = await survey(session, site);
    const hosts = await Promise.all(
      session.inventory.spec.hosts.map(({ name }) => hostStatus(session, site, seen, name)),
    );
    const etcd = await etcdStatus(session, site, seen);
    const addons = seen.situation.kind === 'live' ? await addonStatus(session, site, seen.desired) : [];
    const held = virtualAddressStatus(session, seen);
    return {
      apiVersion: 'podstrap.io/v1alpha1',
      kind: 'Status',
      cluster: session.inventory.metadata.name,
      kubernetesVersion: session.inventory.spec.kubernetesVersion,
      situation: seen.situation.kind,
      healthy:
        hosts.every((host) => host.kubelet?.healthy === true && host.pods.every((pod) => pod.healthy)) &&
        etcd.every(({ answers, role }) => answers && role !== 'learner') &&
        (held === undefined || held.holders.length === 1),
      hosts,
      groups: podGroups(hosts, session.inventory.spec.hosts, grouping),
      etcd,
      addons,
      ...(held === undefined ? {} : { virtualAddress: held }),
      clusterDrift: driftOf(seen.plan.steps, ''),
      uncompared: seen.plan.uncompared ?? [],
      strangers: seen.plan.strangers,
      refused: seen.refusals.map(({ message }) => message),
    };
  } finally {
    await site.close();
  }
}

function virtualAddressStatus({ inventory }: Session, { facts }: Survey): Status['virtualAddress'] {
  const address = inventory.spec.virtualAddress?.address;
  return address === undefined ? undefined : { address, holders: addressHolders(facts, address) };
}

const driftOf = (steps: readonly Step[], host: string): string[] =>
  stepsOn(steps, host).map((step) => `${describeStep(step)} (${step.reason})`);

async function hostStatus(session: Session, site: Site, seen: Survey, name: string): Promise<HostStatus> {
  const transport = site.transports.get(name);
  if (transport === undefined)
    return {
      host: name,
      reachable: false,
      said: site.unreachable.get(name)?.message ?? 'no connection',
      pods: [],
      certificates: [],
      drift: [],
    };
  const host = hostNamed(session.inventory, name);
  const wanted = wantedOn(seen.desired, name);
  const facts = seen.facts.get(name)!;
  const pods = staticPods(wanted);
  const gates = gatesOf(host, wanted);
  const looks = await Promise.all(
    gates.map(async (gate) => {
      const watch = watchGate(transport, gate, session.keys);
      const look = await watch.look().finally(() => watch.close());
      return [
        gate.component,
        look.ok ? { healthy: true } : { healthy: false, missing: look.missing },
      ] as const;
    }),
  );
  const health = new Map(looks);
  const restarts = await countRestarts(transport, pods);
  const held = await readLock(transport);
  const running = await runningRevisionsOn(transport, pods, facts);
  const { kubelet } = runningOn(wanted, facts);
  return {
    host: name,
    reachable: true,
    os: facts.os,
    kubelet: { ...(health.get('kubelet') ?? { healthy: false }), ...versionOf(kubelet) },
    ...(held === undefined ? {} : { lock: lockOf(held) }),
    pods: pods.map((pod) => ({
      name: pod.name,
      ...versionOf(podVersion(wanted, pod.name, facts)),
      wantedRevision: pod.revision,
      ...runningOf(pod, running),
      restarts: restarts.get(pod.name) ?? 0,
      ...(health.get(pod.name) ?? { healthy: true }),
    })),
    certificates: certificatesOf(seen, name, session.now()),
    drift: driftOf(seen.plan.steps, name),
  };
}

const lockOf = ({ owner, age, silent }: HeldLock): NonNullable<HostStatus['lock']> => ({
  owner,
  silent,
  ...(age === undefined ? {} : { age }),
});

const versionOf = (version: Version | undefined): { readonly version?: string } =>
  version === undefined ? {} : { version: version.text };

/** Expiry of the certificates on a host: the keystore's own where the host has those very bytes. */
function certificatesOf(seen: Survey, host: string, now: Date): CertificateStatus[] {
  const facts = seen.facts.get(host)!;
  const wanted = wantedOn(seen.desired, host);
  return wanted.resources.flatMap((resource) => {
    if (resource.kind !== 'certificate') return [];
    const fact = facts.files[resource.path];
    const pem = fact?.sha256 === digestOf(resource.pem) ? resource.pem : fact?.content;
    if (pem === undefined || !pem.includes('BEGIN CERTIFICATE')) return [];
    const expires = new Date(new X509Certificate(pem).validTo);
    return [
      {
        name: resource.name,
        path: resource.path,
        expires: expires.toISOString(),
        daysLeft: Math.floor((expires.getTime() - now.getTime()) / 86_400_000),
      },
    ];
  });
}

async function etcdStatus(session: Session, site: Site, seen: Survey): Promise<EtcdMemberStatus[]> {
  if (seen.situation.kind !== 'live') return [];
  const { members, leader } = seen.situation.etcd;
  const hosts = new Map(
    controlPlanes(session.inventory).map(({ name }) => [name, site.transports.get(name)]),
  );
  return Promise.all(
    members.map(async (member): Promise<EtcdMemberStatus> => {
      const transport = hosts.get(member.name);
      const etcd = transport && etcdOn(session.keys, transport);
      const answer = await etcd?.status().catch(() => undefined);
      etcd?.close();
      return {
        name: member.name === '' ? '(not started)' : member.name,
        id: member.id,
        role: member.learner ? 'learner' : member.name === leader ? 'leader' : 'member',
        answers: answer !== undefined,
        ...(answer === undefined ? {} : { version: answer.version }),
      };
    }),
  );
}
