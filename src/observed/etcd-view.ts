import { type Etcd, etcdClient } from '../cluster/etcd.js';
import type { Keys } from '../pki/keys.js';
import type { EtcdView } from '../plan/situation.js';
import type { Transport } from '../transport/transport.js';

/** What the etcd members of these hosts say about their cluster; undefined when none answers, as without quorum. */
export async function viewEtcd(
  transports: ReadonlyMap<string, Transport>,
  hosts: readonly string[],
  keys: Keys,
): Promise<EtcdView | undefined> {
  const clients = hosts.map((host) => ({
    host,
    etcd: etcdClient(transports.get(host)!, keys.authorities['etcd-ca'].certificate, keys.operator.etcd),
  }));
  try {
    const answers = await Promise.all(
      clients.map(async ({ host, etcd }) => ({ host, ...(await ask(etcd)) })),
    );
    const members = answers.find((answer) => answer.members !== undefined)?.members;
    if (members === undefined) return undefined;
    const voting = answers.filter(
      ({ status }) => status !== undefined && !status.learner && status.leader !== '0',
    );
    return {
      members,
      voting: voting.map(({ host }) => host),
      leader: voting.find(({ status }) => status!.leader === status!.memberId)?.host,
      versions: Object.fromEntries(
        answers.flatMap(({ host, status }) => (status === undefined ? [] : [[host, status.version]])),
      ),
    };
  } finally {
    for (const { etcd } of clients) etcd.close();
  }
}

const ask = async (etcd: Etcd) => {
  const [status, members] = await Promise.all([
    etcd.status().catch(() => undefined),
    // A linearizable list: it answers only where there is quorum.
    etcd.members().catch(() => undefined),
  ]);
  return { status, members };
};
