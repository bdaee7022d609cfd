import type { DesiredHost } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { readText } from '../observed/read-text.js';
import { toldBy } from '../observed/sections.js';
import { authorityPlace } from '../pki/certificate-places.js';
import type { Succession, SuccessionKind, Trust } from '../plan/succession/succession.js';
import {
  authorityTrust,
  commandOf,
  type DroppedWay,
  droppedWays,
  encryptedResources,
  encryptionTrust,
  flagValues,
  issuerTrust,
  readEncryption,
} from '../plan/succession/trusts.js';
import { reveal } from '../secret.js';
import { digestOf } from '../secrets/digest.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import type { Transport } from '../transport/transport.js';
import { countObjects } from './encryption/count-objects.js';

interface Change {
  readonly before: Trust;
  readonly after: Trust;
}

/** Of encryption, also what will no longer be readable. */
interface EncryptionChange extends Change {
  readonly dropped: readonly DroppedWay[];
}

/** A control plane that has an API server: what it has, and what it is to have. */
interface Seen {
  readonly host: string;
  readonly transport: Transport;
  readonly facts: HostFacts;
  readonly wanted: DesiredHost;
  /** kube-apiserver's manifest now, and as wanted. */
  readonly present: string;
  readonly next: string;
}

/**
 * What control planes use and accept, now and after this plan, of every kind whose changes have an order. One more round
 * trip, and only where the encryption of data changes: its file holds keys, so the probe does not fetch it.
 * @throws Failure `unsound` of a host whose configuration makes no sense, `inventory`
 */
export async function successionsOf(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  survey: Survey,
): Promise<readonly Succession[]> {
  const seen = controlPlanes(session.inventory).flatMap(({ name }) => lookAt(survey, transports, name));
  const of = (kind: SuccessionKind, changeOf: (one: Seen) => Change | undefined): Succession => ({
    kind,
    hosts: new Map(seen.flatMap((one) => entry(one, changeOf(one)))),
  });
  const encryption = await Promise.all(seen.map(async (one) => [one, await encryptionChange(one)] as const));
  await refuseNeeded(
    session,
    transports,
    survey,
    encryption.flatMap(([{ host }, change]) => change?.dropped.map((way) => ({ host, way })) ?? []),
  );
  return [
    { kind: 'encryption', hosts: new Map(encryption.flatMap(([one, change]) => entry(one, change))) },
    of('issuer', ({ present, next }) => ({ before: issuerTrust(present), after: issuerTrust(next) })),
    of('etcd-ca', (one) => authorityChange(one, authorityPlace('etcd-ca').certificate)),
    of('front-proxy-ca', (one) => authorityChange(one, authorityPlace('front-proxy-ca').certificate)),
  ];
}

const entry = ({ host }: Seen, change: Change | undefined): [string, Change][] =>
  change === undefined ? [] : [[host, change]];

function lookAt(survey: Survey, transports: ReadonlyMap<string, Transport>, host: string): Seen[] {
  const facts = survey.facts.get(host);
  const transport = transports.get(host);
  const wanted = survey.desired.hosts.find((one) => one.host === host);
  const pod = wanted?.resources.find((one) => one.kind === 'static-pod' && one.name === 'kube-apiserver');
  if (facts === undefined || transport === undefined || wanted === undefined || pod?.kind !== 'static-pod')
    return [];
  const present = contentOn(facts, pod.path, pod.content);
  // What somebody made of a manifest need not be one.
  if (present === undefined || commandOf(present) === undefined) return [];
  return [{ host, transport, facts, wanted, present, next: pod.content }];
}

/** What the host has at a path; undefined when it has nothing there that could be read. */
function contentOn(facts: HostFacts, path: string, wanted: string): string | undefined {
  const fact = facts.files[path];
  return fact?.sha256 === digestOf(wanted) ? wanted : fact?.content;
}

function authorityChange({ facts, wanted }: Seen, path: string): Change | undefined {
  const resource = wanted.resources.find((one) => one.kind === 'certificate' && one.path === path);
  if (resource?.kind !== 'certificate') return undefined;
  const now = contentOn(facts, path, resource.pem);
  return now === undefined ? undefined : { before: authorityTrust(now), after: authorityTrust(resource.pem) };
}

const encryptionFlag = 'encryption-provider-config';

/** Undefined where the configuration is not podstrap's to know, or the same. */
async function encryptionChange({
  transport,
  facts,
  wanted,
  present,
  next,
}: Seen): Promise<EncryptionChange | undefined> {
  const presentPath = flagValues(present, encryptionFlag).at(-1);
  const nextPath = flagValues(next, encryptionFlag).at(-1);
  const resource = wanted.resources.find((one) => one.kind === 'file' && one.path === nextPath);
  const after = resource?.kind === 'file' ? reveal(resource.content) : undefined;
  if (nextPath !== undefined && after === undefined) return undefined;
  const same =
    presentPath === nextPath &&
    (after === undefined || facts.files[presentPath!]?.sha256 === digestOf(after));
  if (same && after === undefined) return undefined;
  const before = same
    ? after
    : presentPath === undefined
      ? undefined
      : await readText(transport, presentPath);
  if (presentPath !== undefined && before === undefined) return undefined;
  toldBy(transport.host, () => readEncryption(before));
  if (after !== undefined) requireEncryption(nextPath!, after);
  const resources = encryptedResources(before, after);
  return {
    before: encryptionTrust(before, resources),
    after: encryptionTrust(after, resources),
    dropped: droppedWays(before, after),
  };
}

/**
 * A key that one object still needs is never dropped, whoever asks for it, and so is one of which that cannot be known.
 * @throws Failure `refused`
 */
async function refuseNeeded(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  { situation }: Survey,
  dropped: readonly { readonly host: string; readonly way: DroppedWay }[],
): Promise<void> {
  if (dropped.length === 0) return;
  const doing = 'Comparing the keys that the API servers are to lose with the data in etcd';
  const hosts = [...new Set(dropped.map(({ host }) => host))].join(', ');
  const names = [...new Set(dropped.map(({ way }) => `${way.name} of ${way.resource}`))].join(', ');
  if (situation.kind !== 'live')
    throw new Failure({
      kind: 'refused',
      doing,
      where: { host: hosts },
      said: `${names}: etcd cannot be asked whether objects still need it`,
      next: 'Keep it in the configuration until etcd has quorum. Nothing was changed.',
    });
  const resources = [...new Set(dropped.map(({ way }) => way.resource))];
  const counts = await countObjects(session, transports, resources);
  const needed = dropped.filter(({ way }) => (counts.get(way.resource)?.get(way.name) ?? 0) > 0);
  if (needed.length === 0) return;
  const told = [
    ...new Set(
      needed.map(
        ({ way: { resource, name } }) =>
          `${counts.get(resource)!.get(name)} ${resource} are written with ${name}`,
      ),
    ),
  ];
  throw new Failure({
    kind: 'refused',
    doing,
    where: { host: [...new Set(needed.map(({ host }) => host))].join(', ') },
    said: `${told.join('; ')}, and could no longer be read`,
    next: 'Put the key back into the keystore or the file, or let `podstrap encryption rotate` (migrate, disable) rewrite the objects first. Nothing was changed.',
  });
}

/** @throws Failure `inventory` for a text of the inventory's that configures no encryption */
function requireEncryption(path: string, text: string): void {
  try {
    readEncryption(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure({
      kind: 'inventory',
      doing: `Reading ${path}, which --${encryptionFlag} names`,
      said: 'it is not an EncryptionConfiguration that kube-apiserver would accept',
      next: 'Compare the file in the inventory’s extraFiles with https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/. Nothing was changed.',
    });
  }
}
