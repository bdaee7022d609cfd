/** One kind of check. */
export interface CheckKind {
  readonly name: string;
  /** What is true when it is well. */
  readonly about: string;
  /** Whether it is made for each node, or once for the cluster. */
  readonly of: 'node' | 'cluster';
  /** Whom it asks: the host over SSH, the API, or a pod on the node. */
  readonly asks: 'host' | 'api' | 'pod';
}

/** All checks, in the order in which they are told. Their names are for monitors: they stay. */
export const checkKinds = [
  { name: 'host', of: 'node', asks: 'host', about: 'each host is reached over SSH' },
  {
    name: 'api-server',
    of: 'node',
    asks: 'host',
    about: 'each control plane’s API server reports that it is ready',
  },
  { name: 'clock', of: 'node', asks: 'host', about: 'the clocks of hosts and operator agree' },
  {
    name: 'certificates',
    of: 'node',
    asks: 'host',
    about: 'every certificate is valid and not due for renewal',
  },
  { name: 'node', of: 'node', asks: 'api', about: 'each host is a node of the cluster, and ready' },
  { name: 'lease', of: 'cluster', asks: 'api', about: 'a lease can be taken, and renewed' },
  {
    name: 'disruption-budget',
    of: 'cluster',
    asks: 'api',
    about: 'a PodDisruptionBudget can be created, and its controller acts on it',
  },
  {
    name: 'pod',
    of: 'node',
    asks: 'pod',
    about: 'a pod is created, scheduled and started, and becomes ready',
  },
  { name: 'logs', of: 'node', asks: 'pod', about: 'each API server shows the logs of that pod' },
  { name: 'exec', of: 'node', asks: 'pod', about: 'a program can be run in that pod' },
  { name: 'port-forward', of: 'node', asks: 'pod', about: 'a port of that pod can be forwarded' },
  { name: 'pod-to-pod', of: 'node', asks: 'pod', about: 'that pod reaches the pod of every other node' },
  {
    name: 'service',
    of: 'node',
    asks: 'pod',
    about: 'that pod reaches pods behind the address of their Service',
  },
  { name: 'dns', of: 'node', asks: 'pod', about: 'that pod reaches the same Service by its name' },
  {
    name: 'api-service',
    of: 'node',
    asks: 'pod',
    about: 'that pod reaches the API through its Service, as itself',
  },
  { name: 'cleanup', of: 'cluster', asks: 'api', about: 'what the check created is gone, or being deleted' },
] as const satisfies readonly CheckKind[];

export type CheckName = (typeof checkKinds)[number]['name'];

/** The checks that ask a pod on a node. */
export const ofPods: readonly CheckName[] = checkKinds.flatMap(({ name, asks }) =>
  asks === 'pod' ? name : [],
);

/** What came of one check. */
export interface CheckResult {
  readonly check: CheckName;
  /** The host's name. Absent: the check is of the cluster, or of the keystore. */
  readonly node?: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  /** How long it took. */
  readonly seconds: number;
  /** What is wrong, or why it was skipped. */
  readonly said?: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What `podstrap check` tells. */
export interface CheckReport {
  readonly apiVersion: 'podstrap.io/v1alpha1';
  readonly kind: 'CheckReport';
  readonly cluster: string;
  /** False as soon as one check has failed, or where nothing could tell whether it runs pods; a skipped one does no harm. */
  readonly ok: boolean;
  /** How long all of it took. */
  readonly seconds: number;
  readonly checks: readonly CheckResult[];
}

/** A finding: nothing when all is well. */
export type Finding =
  | undefined
  | { readonly result: 'failed' | 'skipped'; readonly said: string; readonly next?: string };

export const failed = (said: string, next: string): Finding => ({ result: 'failed', said, next });
export const skipped = (said: string): Finding => ({ result: 'skipped', said });
