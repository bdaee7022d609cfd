import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Etcd } from './etcd.js';
import { EtcdError, type Member } from './etcd-cluster.js';
import { readBody } from './read-body.js';

type Body = Readonly<Record<string, unknown>>;
type Call = (etcd: Etcd, body: Body) => Body;

/** HTTP status of a gRPC code, as the gateway maps them. */
const statusOf: Readonly<Record<number, number>> = { 3: 400, 5: 404, 9: 400, 12: 501, 14: 503 };

const header = ({ cluster, memberId }: Etcd): Body => ({
  cluster_id: cluster.id,
  member_id: memberId,
  revision: String(cluster.revision),
  raft_term: String(cluster.term),
});

/** Fields that have their zero value are left out, as the gateway leaves them out. */
const memberBody = ({ id, name, peerUrls, clientUrls, learner }: Member): Body => ({
  ID: id,
  ...(name === '' ? {} : { name }),
  peerURLs: peerUrls,
  ...(clientUrls.length === 0 ? {} : { clientURLs: clientUrls }),
  ...(learner ? { isLearner: true } : {}),
});

const members = (etcd: Etcd): Body => ({
  header: header(etcd),
  members: [...etcd.cluster.members.values()].map(memberBody),
});

function demandQuorum(etcd: Etcd): void {
  etcd.entries();
}

const text = (value: unknown): string => Buffer.from(String(value ?? ''), 'base64').toString('utf8');
const base64 = (value: string): string => Buffer.from(value).toString('base64');

function range(etcd: Etcd, body: Body): Body {
  const key = text(body.key);
  const end = body.range_end === undefined ? undefined : text(body.range_end);
  const found = [...etcd.entries()]
    .filter(([name]) => (end === undefined ? name === key : name >= key && (end === '\0' || name < end)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const kvs = found.slice(0, Number(body.limit ?? 0) || undefined).map(([name, entry]) => ({
    key: base64(name),
    create_revision: String(entry.created),
    mod_revision: String(entry.modified),
    version: String(entry.version),
    ...(body.keys_only === true ? {} : { value: base64(entry.value) }),
  }));
  const isEmpty = found.length === 0;
  return {
    header: header(etcd),
    ...(isEmpty || body.count_only === true ? {} : { kvs }),
    ...(isEmpty ? {} : { count: String(found.length) }),
  };
}

const calls: Readonly<Record<string, Call>> = {
  '/v3/cluster/member/list': members,
  '/v3/cluster/member/add': (etcd, body) => {
    demandQuorum(etcd);
    const urls = body.peerURLs as readonly string[];
    const member = etcd.cluster.add(urls, body.isLearner === true, etcd.context.now());
    return { ...members(etcd), member: memberBody(member) };
  },
  '/v3/cluster/member/remove': (etcd, body) => {
    demandQuorum(etcd);
    etcd.cluster.remove(String(body.ID));
    return members(etcd);
  },
  '/v3/cluster/member/promote': (etcd, body) => {
    demandQuorum(etcd);
    etcd.cluster.promote(String(body.ID));
    return members(etcd);
  },
  '/v3/cluster/member/update': (etcd, body) => {
    demandQuorum(etcd);
    const member = etcd.cluster.members.get(String(body.ID));
    if (member === undefined) throw new EtcdError(5, 'etcdserver: member not found');
    member.peerUrls = body.peerURLs as readonly string[];
    return members(etcd);
  },
  '/v3/maintenance/status': (etcd) => {
    const { cluster, memberId, leader, version } = etcd;
    const isLearner = cluster.members.get(memberId)?.learner === true;
    const index = String(cluster.revision + 10);
    return {
      header: header(etcd),
      version,
      dbSize: '20480',
      dbSizeInUse: '16384',
      raftIndex: index,
      raftAppliedIndex: index,
      raftTerm: String(cluster.term),
      ...(leader === undefined ? { errors: ['etcdserver: no leader'] } : { leader }),
      ...(isLearner ? { isLearner } : {}),
    };
  },
  '/v3/maintenance/alarm': (etcd) => ({ header: header(etcd) }),
  '/v3/maintenance/transfer-leadership': (etcd, body) => {
    etcd.cluster.moveLeader(etcd.memberId, String(body.targetID));
    return { header: header(etcd) };
  },
  '/v3/maintenance/snapshot': (etcd) => {
    const { minor, entries } = etcd.cluster;
    const data = Buffer.from(
      JSON.stringify({ version: `3.${minor || etcd.minor}.0`, entries: [...entries] }),
    );
    // A snapshot ends with the hash of the rest.
    const blob = Buffer.concat([data, createHash('sha256').update(data).digest()]).toString('base64');
    return { result: { header: header(etcd), remaining_bytes: '0', blob } };
  },
  '/v3/kv/range': range,
  '/v3/kv/put': (etcd, body) => {
    etcd.put(text(body.key), text(body.value));
    return { header: header(etcd) };
  },
};

/** Answers one request to etcd's JSON gateway. */
export async function answerGateway(
  etcd: Etcd,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = (status: number, body: Body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const refuse = (code: number, message: string) =>
    answer(statusOf[code] ?? 500, { error: message, code, message, details: [] });
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return;
  if (request.method === 'GET' && request.url === '/version')
    return void answer(200, {
      etcdserver: etcd.version,
      etcdcluster: `3.${etcd.cluster.minor || etcd.minor}.0`,
    });
  const call = calls[request.url?.split('?')[0] ?? ''];
  if (request.method !== 'POST' || call === undefined) return void refuse(5, 'Not Found');
  try {
    answer(200, call(etcd, body === '' ? {} : (JSON.parse(body) as Body)));
  } catch (error) {
    // Anything else is a body that is not what the call takes.
    if (!(error instanceof EtcdError)) return void refuse(3, (error as Error).message);
    // Without a quorum etcd tries for a while before it gives up.
    const pause = error.code === 14 ? etcd.context.pace.quorumTimeout : 0;
    setTimeout(() => refuse(error.code, error.message), pause).unref();
  }
}
