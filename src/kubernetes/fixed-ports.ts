/** Where programs of Kubernetes listen, of those whose port podstrap does not move: https://kubernetes.io/docs/reference/networking/ports-and-protocols/ */
export const fixedPorts = {
  /** For clients, for other members, and for metrics. */
  etcd: [2379, 2380, 2381],
  controllerManager: 10257,
  scheduler: 10259,
  kubelet: 10250,
  kubeletHealth: 10248,
  proxyMetrics: 10249,
  proxyHealth: 10256,
} as const;
