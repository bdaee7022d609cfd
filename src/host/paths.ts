/** Where things live on a host: kubeadm's layout, and podstrap's own places beside it. */
export const paths = {
  kubernetes: '/etc/kubernetes',
  manifests: '/etc/kubernetes/manifests',
  pki: '/etc/kubernetes/pki',
  kubeletConfig: '/var/lib/kubelet/config.yaml',
  kubeletUnit: '/etc/systemd/system/kubelet.service',
  /** Staging for everything under /etc/kubernetes: same file system, so that rename() is atomic. */
  stagingKubernetes: '/etc/kubernetes/.podstrap',
  /** A manifest that is out of staticPodPath while its component is switched. */
  parked: '/etc/kubernetes/.podstrap/parked',
  podstrap: '/var/lib/podstrap',
  /** The cluster's identity and the facts settled at its birth. */
  clusterRecord: '/var/lib/podstrap/cluster.json',
  /** There once the first bootstrap passed all its gates: from then on an empty etcd is a loss, not a beginning. */
  bootstrapped: '/var/lib/podstrap/bootstrapped',
  lock: '/var/lib/podstrap/lock',
  /** SHA-256, change time, size and inode of every binary that podstrap installed, to avoid hashing it again. */
  binaryRecord: '/var/lib/podstrap/binaries',
  /** Blobs on their way to this host: whole ones under their digest, begun ones with `.part` behind it. */
  incoming: '/var/lib/podstrap/incoming',
  /** What each run replaced, for its undoing. */
  undo: '/var/lib/podstrap/undo',
} as const;
