import { z } from 'zod';
import { Failure } from '../failure.js';
import type { CertifiedKey, Keys } from '../pki/keys.js';
import type { Transport } from '../transport/transport.js';
import {
  addedAnswer,
  alarmAnswer,
  type memberAnswer,
  memberListAnswer,
  rangeAnswer,
  readAnswer,
  statusAnswer,
  versionAnswer,
} from './etcd-answers.js';
import { readSnapshot } from './etcd-snapshot.js';
import { httpClient } from './http.js';

export interface EtcdMember {
  /** Decimal, as the gateway writes 64-bit numbers. */
  readonly id: string;
  /** Empty until the member has started once. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly learner: boolean;
}

export interface EtcdStatus {
  readonly memberId: string;
  readonly clusterId: string;
  readonly leader: string;
  readonly learner: boolean;
  readonly version: string;
  readonly errors: readonly string[];
  /** Bytes of its database file. */
  readonly dbSize: number;
}

/** A key, and how its value begins: whoever only asks how it is written need not hold what it says. */
export interface EtcdEntry {
  readonly key: string;
  readonly head: Buffer;
}

/** One member's JSON gateway, through its host. */
export interface Etcd {
  members(): Promise<readonly EtcdMember[]>;
  status(): Promise<EtcdStatus>;
  /** What its members have agreed on: the data is of this minor, and no older program takes it. */
  clusterVersion(): Promise<string>;
  /** Alarms that are raised, such as NOSPACE or CORRUPT. */
  alarms(): Promise<readonly string[]>;
  addLearner(peerUrl: string): Promise<EtcdMember>;
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /**
   * Keys from `from` on that begin with `prefix`, in their order, each with the beginning of its value.
   * @param limit how many at most @throws LimitExceeded when their values are too large to be held together
   */
  range(prefix: string, from: string, limit: number): Promise<readonly EtcdEntry[]>;
  /** Hands leadership to another member. */
  moveLeader(id: string): Promise<void>;
  /**
   * The whole of its data, as `etcdutl snapshot restore` takes it.
   * @param most bytes that it may have @throws Failure when it is not whole, LimitExceeded when it is larger
   */
  snapshot(most: number): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Milliseconds without a byte after which a snapshot is given up: a slow disk may need some before the first one. */
const snapshotSilence = 60_000;

/** Characters in base64, a multiple of four: the longest name of a key has its place in it. */
const headLength = 512;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What matters of it is that it came. */
const done = z.unknown();

const member = ({ ID, name, peerURLs, isLearner }: z.infer<typeof memberAnswer>): EtcdMember => ({
  id: ID,
  name,
  peerUrls: peerURLs,
  learner: isLearner,
});

/** A client of the etcd member on the transport's host. Every call throws when that member does not answer with 200. */
export function etcdClient(transport: Transport, ca: string, client: CertifiedKey): Etcd {
  const http = httpClient({
    transport,
    // It listens at the loopback address of its host's family.
    address: '127.0.0.1',
    otherwise: '::1',
    port: 2379,
    tls: { ca, certificate: client.certificate, key: client.key },
  });
  const call = async <T extends z.ZodType>(
    path: string,
    schema: T,
    body: object = {},
  ): Promise<z.infer<T>> => {
    const response = await http.request({ method: 'POST', path: `/v3${path}`, body: JSON.stringify(body) });
    if (response.status === 200) return readAnswer(response.body, schema, transport.host);
    throw new Failure({
      kind: 'gate',
      doing: `Asking etcd for ${path}`,
      where: { host: transport.host },
      said: `HTTP ${response.status}: ${response.body.trim().slice(0, 400)}`,
    });
  };
  return {
    members: async () =>
      (await call('/cluster/member/list', memberListAnswer, { linearizable: true })).members.map(member),
    status: async () => {
      const raw = await call('/maintenance/status', statusAnswer);
      return {
        memberId: raw.header.member_id,
        clusterId: raw.header.cluster_id,
        leader: raw.leader,
        learner: raw.isLearner,
        version: raw.version,
        errors: raw.errors,
        dbSize: Number(raw.dbSize),
      };
    },
    clusterVersion: async () => {
      const { body } = await http.request({ method: 'GET', path: '/version' });
      return readAnswer(body, versionAnswer, transport.host).etcdcluster;
    },
    alarms: async () =>
      (await call('/maintenance/alarm', alarmAnswer, { action: 'GET' })).alarms.map(({ alarm }) => alarm),
    addLearner: async (peerUrl) =>
      member(
        (await call('/cluster/member/add', addedAnswer, { peerURLs: [peerUrl], isLearner: true })).member,
      ),
    promote: async (id) => void (await call('/cluster/member/promote', done, { ID: id })),
    range: async (prefix, from, limit) => {
      const end = Buffer.from(prefix);
      end[end.length - 1]! += 1;
      const body = { key: base64(from), range_end: end.toString('base64'), limit: String(limit) };
      const { kvs } = await call('/kv/range', rangeAnswer, body);
      return kvs.map(({ key, value }) => ({
        key: Buffer.from(key, 'base64').toString('utf8'),
        head: Buffer.from(value.slice(0, headLength), 'base64'),
      }));
    },
    remove: async (id) => void (await call('/cluster/member/remove', done, { ID: id })),
    moveLeader: async (id) => void (await call('/maintenance/transfer-leadership', done, { targetID: id })),
    snapshot: (most) =>
      readSnapshot(
        http.stream({
          method: 'POST',
          path: '/v3/maintenance/snapshot',
          body: '{}',
          timeoutMs: snapshotSilence,
          // In base64, with a few words around each piece.
          most: 1.5 * most,
        }),
        transport.host,
      ),
    close: () => http.close(),
  };
}

/** The member of etcd on the host of a transport, asked as podstrap's own client. */
export const etcdOn = (
  { authorities, operator }: Pick<Keys, 'authorities' | 'operator'>,
  transport: Transport,
): Etcd => etcdClient(transport, authorities['etcd-ca'].certificate, operator.etcd);
