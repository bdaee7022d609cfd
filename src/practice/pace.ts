/** How long things take on practice hosts, in milliseconds. Short by default: what counts is the order of events. */
export interface Pace {
  /** From the kubelet's start until it looks at its manifests. */
  readonly wake: number;
  /** From the kubelet's decision to the pod's first container. */
  readonly podStart: number;
  /** From a component's start until it can answer that it is ready, everything it needs being there. */
  readonly ready: number;
  /** From the signal to the end of a process. */
  readonly stop: number;
  /** From the end of a pod's processes until the kubelet has let go of it. */
  readonly letGo: number;
  /** How late the kubelet looks again at a pod whose predecessor was still ending (about 10 s in reality). */
  readonly requeue: number;
  /** First pause before a crashed container starts again; it doubles up to ten times this. */
  readonly backOff: number;
  /** How often the kubelet looks again at what it waits for. */
  readonly retry: number;
  /** Life of a leader's lease without renewal (15 s in reality). */
  readonly lease: number;
  /** How long etcd and its clients wait for a quorum before they give up. */
  readonly quorumTimeout: number;
  /** From a learner's start until it is in step with the leader. */
  readonly learnerSync: number;
  /** How often an API server looks whether its configuration of encryption has changed (a minute in reality). */
  readonly encryptionReload: number;
}

export const quickPace: Pace = {
  wake: 0,
  podStart: 10,
  ready: 30,
  stop: 15,
  letGo: 15,
  requeue: 250,
  backOff: 100,
  retry: 200,
  lease: 600,
  quorumTimeout: 150,
  learnerSync: 60,
  encryptionReload: 100,
};
