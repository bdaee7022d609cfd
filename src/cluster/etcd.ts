import { Failure } from '../failure.js';
import type { CertifiedKey } from '../pki/keys.js';
import type { Transport } from '../transport/transport.js';
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
  /** Hands leadership to another member. */
  moveLeader(id: string): Promise<void>;
  /**
   * The whole of its data, as `etcdutl snapshot restore` takes it.
   * @param most bytes that it may have @throws Failure when it is not whole, LimitExceeded when it is larger
   */
  snapshot(most: number): AsyncIterable<Uint8Array>;
  close(): void;
}

interface RawMember {
  ID: string;
  name?: string;
  peerURLs?: string[];
  isLearner?: boolean;
}

/** Milliseconds without a byte after which a snapshot is given up: a slow disk may need some before the first one. */
const snapshotSilence = 60_000;

const member = (raw: RawMember): EtcdMember => ({
  id: raw.ID,
  name: raw.name ?? '',
  peerUrls: raw.peerURLs ?? [],
  learner: raw.isLearner ?? false,
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
  const call = async <T>(path: string, body: object = {}): Promise<T> => {
    const response = await http.request({ method: 'POST', path: `/v3${path}`, body: JSON.stringify(body) });
    if (response.status === 200) return JSON.parse(response.body) as T;
    throw new Failure({
      kind: 'gate',
      doing: `Asking etcd for ${path}`,
      where: { host: transport.host },
      said: `HTTP ${response.status}: ${response.body.trim().slice(0, 400)}`,
    });
  };
  return {
    members: async () =>
      (await call<{ members?: RawMember[] }>('/cluster/member/list', { linearizable: true })).members?.map(
        member,
      ) ?? [],
    status: async () => {
      const raw = await call<{
        header: { member_id: string; cluster_id: string };
        leader?: string;
        isLearner?: boolean;
        version: string;
        errors?: string[];
        dbSize?: string;
      }>('/maintenance/status');
      return {
        memberId: raw.header.member_id,
        clusterId: raw.header.cluster_id,
        leader: raw.leader ?? '0',
        learner: raw.isLearner ?? false,
        version: raw.version,
        errors: raw.errors ?? [],
        dbSize: Number(raw.dbSize ?? 0),
      };
    },
    clusterVersion: async () => {
      const { body } = await http.request({ method: 'GET', path: '/version' });
      return (JSON.parse(body) as { etcdcluster: string }).etcdcluster;
    },
    alarms: async () =>
      (await call<{ alarms?: { alarm: string }[] }>('/maintenance/alarm', { action: 'GET' })).alarms?.map(
        ({ alarm }) => alarm,
      ) ?? [],
    addLearner: async (peerUrl) =>
      member(
        (await call<{ member: RawMember }>('/cluster/member/add', { peerURLs: [peerUrl], isLearner: true }))
          .member,
      ),
    promote: async (id) => void (await call('/cluster/member/promote', { ID: id })),
    remove: async (id) => void (await call('/cluster/member/remove', { ID: id })),
    moveLeader: async (id) => void (await call('/maintenance/transfer-leadership', { targetID: id })),
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
