import { EtcdCluster } from './etcd-cluster.js';

/** All etcd clusters that a site has seen. */
export class EtcdClusters {
  readonly #byIncarnation = new Map<string, EtcdCluster>();
  readonly #forming = new Map<string, EtcdCluster>();

  find(incarnation: string): EtcdCluster | undefined {
    return this.#byIncarnation.get(incarnation);
  }

  /** The cluster that new members with this id are about to found together. */
  forming(id: string): EtcdCluster {
    const known = this.#forming.get(id);
    if (known !== undefined && !known.isBorn) return known;
    const cluster = new EtcdCluster(id);
    this.#byIncarnation.set(cluster.incarnation, cluster);
    this.#forming.set(id, cluster);
    return cluster;
  }
}
