/** Where things live on a host: kubeadm's layout, and podstrap's own places beside it. */
export const paths = {
  kubernetes: '/etc/kubernetes',
  manifests: '/etc/kubernetes/manifests',
  pki: '/etc/kubernetes/pki',
  /** Configuration of a worker's balancer, in a folder of its own: a mounted folder shows a file that takes its place. */
  balancer: '/etc/kubernetes/haproxy',
  balancerConfig: '/etc/kubernetes/haproxy/haproxy.cfg',
  /** Pairs that etcd reads where it runs as a user of its own: everything below `pki` belongs to root. */
  etcdPairs: '/etc/kubernetes/etcd',
  /** Has systemd-sysusers(8) make that user. */
  etcdUser: '/etc/sysusers.d/podstrap-etcd.conf',
  kubeletConfig: '/var/lib/kubelet/config.yaml',
  kubelet: '/usr/local/bin/kubelet',
  kubeletUnit: '/etc/systemd/system/kubelet.service',
  /** Variables of the units that hold credentials; there only where they do. */
  kubeletVariables: '/etc/kubernetes/kubelet.env',
  containerdVariables: '/etc/kubernetes/containerd.env',
  podNetworkConfig: '/etc/cni/net.d/10-podstrap.conflist',
  podNetworkScript: '/usr/local/sbin/podstrap-network',
  podNetworkUnit: '/etc/systemd/system/podstrap-network.service',
  /** Staging for everything under /etc/kubernetes: same file system, so that rename() is atomic. */
  stagingKubernetes: '/etc/kubernetes/.podstrap',
  /** A manifest that is out of staticPodPath while its component is switched. */
  parked: '/etc/kubernetes/.podstrap/parked',
  podstrap: '/var/lib/podstrap',
  /** Files that static pods of people's own see: a folder for each pod, and in it one for each revision of its files. */
  pods: '/var/lib/podstrap/pods',
  /** The cluster's identity and the facts settled at its birth. */
  clusterRecord: '/var/lib/podstrap/cluster.json',
  /** There once the first bootstrap passed all its gates: from then on an empty etcd is a loss, not a beginning. */
  bootstrapped: '/var/lib/podstrap/bootstrapped',
  lock: '/var/lib/podstrap/lock',
  /** SHA-256, change time, size and inode of every binary that podstrap installed, to avoid hashing it again. */
  binaryRecord: '/var/lib/podstrap/binaries',
  /** Blobs on their way to this host: whole ones under their digest, begun ones with `.part` behind it. */
  incoming: '/var/lib/podstrap/incoming',
  /** Contents by their digest: what podstrap wrote and what it replaced, as far as a kept generation or the undoing needs it. */
  store: '/var/lib/podstrap/store',
  /** What was there before, since the last run that was finished; see apply/scripts/store-script.ts. */
  replaced: '/var/lib/podstrap/replaced',
  /** What the host was like before podstrap first touched it; see apply/scripts/origin-script.ts. */
  origin: '/var/lib/podstrap/origin',
  /** Digest and path of every file that podstrap wrote; the last line about a path counts. */
  applied: '/var/lib/podstrap/applied',
  /** One folder for each kept run that was finished: what the host was to have, and the inventory that said so. */
  generations: '/var/lib/podstrap/generations',
  /** The last run that was finished, and the run whose generation it brought back if it was a rollback. */
  generation: '/var/lib/podstrap/generation',
  /** There while etcd is restored from a snapshot: the run, and whose it is; see src/stories/restore.ts. */
  restoring: '/var/lib/podstrap/restoring',
  /** The last runs that were finished here, one JSON object a line. */
  journal: '/var/lib/podstrap/journal',
} as const;

/** Where the files of a static pod of people's own lie. */
export const podFolder = (name: string): string => `${paths.pods}/${name}`;

/** The manifest of a static pod. */
export const manifestPath = (name: string): string => `${paths.manifests}/${name}.yaml`;
