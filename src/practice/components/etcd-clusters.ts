import { EtcdCluster } from './etcd-cluster.js';

/** All etcd clusters that a site has seen. */
export class EtcdClusters {
  readonly #byIncarnation = new Map<string, EtcdCluster>();
  readonly #forming = new Map<string, EtcdCluster>();

  find(incarnation: string): EtcdCluster | undefined {
    return this.#byIncarnation.get(incarnation);
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
