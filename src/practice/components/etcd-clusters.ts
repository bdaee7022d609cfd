import { type Entry, EtcdCluster, hashId } from './etcd-cluster.js';

/** What `etcdutl snapshot restore` leaves in a data directory. */
export interface RestoredData {
  readonly restored: {
    readonly url: string;
    readonly all: string;
    readonly token: string;
    readonly bump: number;
  };
  readonly snapshot: { readonly version: string; readonly entries: readonly (readonly [string, Entry])[] };
}

/** All etcd clusters that a site has seen. */
export class EtcdClusters {
  readonly #byIncarnation = new Map<string, EtcdCluster>();
  readonly #forming = new Map<string, EtcdCluster>();

  find(incarnation: string): EtcdCluster | undefined {
    return this.#byIncarnation.get(incarnation);
  }

  /** The cluster that a snapshot's data began again as: one for all members that were made together. */
  restored({ restored: { all, token, bump }, snapshot }: RestoredData): EtcdCluster {
    const id = hashId(token, all);
    const known = this.#forming.get(id);
    if (known !== undefined) return known;
    const cluster = new EtcdCluster(id);
    for (const member of all.split(',')) {
      const [name, url] = [member.slice(0, member.indexOf('=')), member.slice(member.indexOf('=') + 1)];
      const memberId = hashId(id, url);
      cluster.members.set(memberId, { id: memberId, name, peerUrls: [url], clientUrls: [], learner: false });
    }
    for (const [key, entry] of snapshot.entries) cluster.entries.set(key, entry);
    cluster.revision = Math.max(1, ...snapshot.entries.map(([, { modified }]) => modified)) + bump;
    cluster.minor = Number(snapshot.version.split('.')[1]);
    this.#byIncarnation.set(cluster.incarnation, cluster);
    this.#forming.set(id, cluster);
    return cluster;
  }

  /**
   * The cluster that a new member founds together with the others of its initial-cluster. One that the member has been
   * in before is not it: whoever lost its data begins a new cluster, when nobody of the old one is there to object.
   */
  founding(id: string, memberId: string): EtcdCluster {
    const known = this.#forming.get(id);
    if (known !== undefined && !known.members.get(memberId)?.name) return known;
    const cluster = new EtcdCluster(id);
    this.#byIncarnation.set(cluster.incarnation, cluster);
    this.#forming.set(id, cluster);
    return cluster;
  }
}
