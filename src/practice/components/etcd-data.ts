import { dirname } from 'node:path/posix';
import { type ComponentContext, Crash, endpointOfUrl, required } from './component.js';
import type { Etcd } from './etcd.js';
import { type EtcdCluster, hashId } from './etcd-cluster.js';
import type { RestoredData } from './etcd-clusters.js';

/** Which cluster a member belongs to, and as whom. */
export interface Membership {
  readonly cluster: EtcdCluster;
  readonly memberId: string;
}

interface Peers {
  readonly own: readonly string[];
  readonly all: readonly { readonly name: string; readonly url: string }[];
}

/**
 * What etcd does with its data directory and its flags at a start: with data it goes on as whom it was; without, it
 * founds a cluster or joins one, as its flags say, after asking the others.
 * @throws Crash in etcd's words
 */
export function openData(context: ComponentContext, self: Etcd): Membership {
  const { flags, host } = context;
  const directory = context.hostPath(required(flags, 'data-dir'));
  if (directory === undefined)
    throw new Crash(`cannot access data directory: ${flags.get('data-dir')} is not mounted`);
  const wal = `${directory}/member/wal`;
  const database = `${directory}/member/snap/db`;
  for (const path of [directory, `${directory}/member`, wal, `${directory}/member/snap`, database])
    requireOwn(context, path);
  if (host.files.list(wal).length > 0) return reopen(context, database);
  const peers = readPeers(context);
  const membership =
    flags.get('initial-cluster-state') === 'existing'
      ? join(context, peers, self)
      : found(context, peers, self);
  const { cluster, memberId } = membership;
  put(context, database, JSON.stringify({ incarnation: cluster.incarnation, memberId }));
  put(context, `${wal}/0000000000000000-0000000000000000.wal`, 'practice\n');
  context.log(
    `{"level":"info","msg":"starting local member","local-member-id":"${memberId}","cluster-id":"${cluster.id}"}`,
  );
  return membership;
}

/** What is there and belongs to another user is of no use to one that is not root. */
function requireOwn({ host, user }: ComponentContext, path: string): void {
  if (user.uid === 0 || !host.files.exists(path) || host.files.ownerOf(path).uid === user.uid) return;
  throw new Crash(`open ${path}: permission denied`);
}

/** Writes a file as the user that the process runs as; folders that are made for it are that user's as well. */
function put({ host: { files }, user }: ComponentContext, path: string, text: string): void {
  const made = [path, dirname(path), dirname(dirname(path))].filter(
    (one) => one === path || !files.exists(one),
  );
  files.write(path, text, 0o600);
  if (user.uid !== 0) for (const one of made) files.give(one, user);
}

function reopen(context: ComponentContext, database: string): Membership {
  const data = parse(context.host.files.read(database));
  if (data !== undefined && 'restored' in data) {
    const cluster = context.clusters.restored(data);
    const memberId = hashId(cluster.id, data.restored.url);
    const { incarnation } = cluster;
    put(context, database, JSON.stringify({ incarnation, memberId }));
    return { cluster, memberId };
  }
  const cluster = data && context.clusters.find(data.incarnation);
  if (data === undefined || cluster === undefined) throw new Crash('failed to read WAL: walpb: crc mismatch');
  if (!cluster.members.has(data.memberId))
    throw new Crash('the member has been permanently removed from the cluster');
  return { cluster, memberId: data.memberId };
}

type Data = { readonly incarnation: string; readonly memberId: string } | RestoredData;

function parse(text: string | undefined): Data | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Data);
  } catch {
    return undefined;
  }
}

function readPeers({ flags }: ComponentContext): Peers {
  const name = required(flags, 'name');
  const own = required(flags, 'initial-advertise-peer-urls').split(',');
  const all = required(flags, 'initial-cluster')
    .split(',')
    .map((item) => ({ name: item.slice(0, item.indexOf('=')), url: item.slice(item.indexOf('=') + 1) }));
  const mine = all.filter((peer) => peer.name === name).map(({ url }) => url);
  if (mine.length === 0)
    throw new Crash(`couldn't find local name "${name}" in the initial cluster configuration`);
  if (mine.join() !== own.join())
    throw new Crash(
      `--initial-cluster has ${name}=${mine.join()} but missing from --initial-advertise-peer-urls=${own.join()}`,
    );
  return { own, all };
}

/** The running cluster that the others know, when one of them answers. */
function ask({ network, host }: ComponentContext, { own, all }: Peers, self: Etcd): EtcdCluster | undefined {
  for (const { url } of all) {
    if (own.includes(url)) continue;
    const { address, port } = endpointOfUrl(url);
    const peer = network.service(host, address, port);
    if (peer !== undefined && peer.constructor === self.constructor && self.trusts(peer as Etcd))
      return (peer as Etcd).cluster;
  }
  return undefined;
}

function found(context: ComponentContext, peers: Peers, self: Etcd): Membership {
  const id = hashId(...peers.all.map(({ name, url }) => `${name}=${url}`).sort());
  const ownId = hashId(id, ...peers.own);
  const existing = ask(context, peers, self);
  if (existing?.isBorn) {
    if (existing.id !== id) throw new Crash('cluster ID mismatch');
    const known = existing.members.get(ownId);
    if (known === undefined) throw new Crash('the member has been permanently removed from the cluster');
    if (known.name !== '')
      throw new Crash(`member ${BigInt(ownId).toString(16)} has already been bootstrapped`);
  }
  const cluster = existing?.id === id ? existing : context.clusters.founding(id, ownId);
  const names = new Set(peers.all.map(({ name }) => name));
  for (const name of names) {
    const peerUrls = peers.all.filter((peer) => peer.name === name).map(({ url }) => url);
    const memberId = hashId(id, ...peerUrls);
    if (!cluster.members.has(memberId))
      cluster.members.set(memberId, { id: memberId, name: '', peerUrls, clientUrls: [], learner: false });
  }
  return { cluster, memberId: ownId };
}

function join(context: ComponentContext, peers: Peers, self: Etcd): Membership {
  const cluster = ask(context, peers, self);
  if (cluster === undefined)
    throw new Crash(
      'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs',
    );
  const listed = peers.all.map(({ url }) => url).sort();
  const actual = [...cluster.members.values()].flatMap(({ peerUrls }) => peerUrls).sort();
  if (listed.length !== actual.length) throw new Crash('error validating peerURLs: member count is unequal');
  if (listed.join() !== actual.join())
    throw new Crash('error validating peerURLs: unmatched member while checking PeerURLs');
  const member = [...cluster.members.values()].find(({ peerUrls }) => peerUrls.join() === peers.own.join())!;
  return { cluster, memberId: member.id };
}
