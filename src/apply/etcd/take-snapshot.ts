import { type Etcd, type EtcdStatus, etcdOn } from '../../cluster/etcd.js';
import { Failure } from '../../failure.js';
import { controlPlanes } from '../../inventory/inventory.js';
import type { Session, SnapshotStore } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { counted } from '../transfer/counted.js';

export interface Snapshot {
  readonly path: string;
  /** The member that it was taken of. */
  readonly host: string;
  /** Bytes. */
  readonly size: number;
  /** What etcd called itself. */
  readonly version: string;
}

interface Answer {
  readonly host: string;
  readonly etcd: Etcd;
  readonly status: EtcdStatus;
}

/** Bytes that must stay free on the operator's disk, or by which a member's data may have grown since it was asked. */
const headroom = 64 * 1_000_000;

/**
 * Streams the data of one member into a store: of a follower where there is one, since the leader has enough to do.
 * @throws Failure `gate` (no member that votes answers, what came is not whole), `keystore` (this machine's disk)
 */
export async function takeSnapshot(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  store: SnapshotStore,
): Promise<Snapshot> {
  const { keys, inventory, emit, run } = session;
  const clients = controlPlanes(inventory).flatMap(({ name }) => {
    const transport = transports.get(name);
    if (transport === undefined) return [];
    return [{ host: name, etcd: etcdOn(keys, transport) }];
  });
  try {
    const { host, etcd, status } = await source(clients);
    await requireRoom(store, status.dbSize);
    let size = 0;
    const path = await store.save(
      run,
      counted(etcd.snapshot(status.dbSize + headroom), (_length, sent) => {
        size = sent;
        emit({
          event: 'transfer',
          host,
          artifact: 'etcd snapshot',
          sent,
          total: Math.max(sent, status.dbSize),
        });
      }),
    );
    return { path, host, size, version: status.version };
  } finally {
    for (const { etcd } of clients) etcd.close();
  }
}

async function source(clients: readonly Omit<Answer, 'status'>[]): Promise<Answer> {
  const asked = await Promise.all(
    clients.map(async (one) => ({ ...one, status: await one.etcd.status().catch(() => undefined) })),
  );
  const voting = asked.filter(
    (one): one is Answer => one.status !== undefined && !one.status.learner && one.status.leader !== '0',
  );
  const chosen = voting.find(({ status }) => status.leader !== status.memberId) ?? voting[0];
  if (chosen !== undefined) return chosen;
  throw new Failure({
    kind: 'gate',
    doing: 'Taking a snapshot of etcd',
    where: { host: clients.map(({ host }) => host).join(', ') },
    said: 'no voting member that has a leader responds',
    next: 'Bring etcd back first; `podstrap status` shows its members.',
  });
}

/** @throws Failure `keystore` */
async function requireRoom(store: SnapshotStore, size: number): Promise<void> {
  const room = await store.room();
  if (room >= size + 2 * headroom) return;
  throw new Failure({
    kind: 'keystore',
    doing: 'Checking the space for a snapshot of etcd on this machine',
    said: `${Math.floor(room / 1e6)} MB are free, ${Math.ceil((size + 2 * headroom) / 1e6)} MB are needed`,
    next: 'Free some space on the disk of the inventory’s .podstrap folder. Nothing was changed.',
  });
}
