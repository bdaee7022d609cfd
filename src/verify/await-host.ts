import type { DesiredHost, StaticPodResource } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import type { Host } from '../inventory/inventory.js';
import { isOwnPod } from '../kubernetes/pod-names.js';
import type { Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';
import { crashCount } from './crash-count.js';
import { type Gate, gateOf, kubeletGateOf, tellingGate, toldGateOf } from './gate.js';
import { watchGate } from './health.js';
import { type PollOptions, poll } from './poll.js';
import { refusedManifest } from './refused-manifest.js';
import { gateReport } from './report.js';
import { restartsFromNow } from './restarts.js';
import { lookAtSandboxes } from './sandboxes.js';

export const staticPods = (wanted: DesiredHost): StaticPodResource[] =>
  wanted.resources.filter((resource) => resource.kind === 'static-pod');

/** How to wait for a host. */
export interface HostWait {
  /**
   * Give a static pod up when its container has ended so many times by itself; never, when absent: at a bootstrap an API
   * server ends and is started again until its etcd has quorum.
   */
  readonly crashes?: number;
  /** Resolves when a component has been started; with false when no API server came up that it could speak to. */
  readonly started?: (component: string) => Promise<boolean>;
}

/**
 * Waits until the kubelet of a host and every static pod it should run are healthy on that very host, and the pods
 * that run are of the wanted revision.
 * @throws Failure `gate` with what is still missing and what kubelet, runtime and containers said
 */
export async function awaitHost(
  session: Session,
  transport: Transport,
  host: Host,
  wanted: DesiredHost,
  stage: string,
  { crashes, started = async () => true }: HostWait = {},
): Promise<void> {
  const { timeouts } = session.inventory.spec;
  const pods = staticPods(wanted);
  const options = (timeout: string): PollOptions => ({
    timeoutMs: parseDuration(timeout),
    onWaiting: (missing) => session.emit({ event: 'waiting', host: host.name, stage, for: missing }),
    signal: session.abort,
  });
  const gates = gatesOf(host, wanted).map((gate) => ({
    gate,
    timeout:
      gate.component === 'kubelet' ? timeouts.kubeletHealthCheck : timeouts.controlPlaneComponentHealthCheck,
  }));
  const restarts = crashes === undefined ? undefined : await restartsFromNow(transport, pods);
  const count = crashCount(
    gates.map(({ gate }) => gate.component),
    crashes ?? Number.POSITIVE_INFINITY,
  );
  // Where one is given up the others, which may wait for that very one, are not waited for any longer.
  let givenUp: string | undefined;
  const hopeless = async (component: string) => {
    if (restarts) givenUp ??= count.judge(component, (await restarts()).get(component) ?? 0);
    const own = pods.find(({ name }) => name === component && !isOwnPod(name));
    if (own !== undefined) givenUp ??= await refusedManifest(transport, own);
    return givenUp;
  };
  const waits = gates.map(async ({ gate, timeout }) => {
    if (!(await started(gate.component))) return `${gate.component}: not started: there is no API server yet`;
    const watch = watchGate(transport, gate, session.keys);
    try {
      const lacking = await poll(() => watch.look(), {
        ...options(timeout),
        hopeless: () => hopeless(gate.component),
      });
      if (lacking === undefined) count.open(gate.component);
      return lacking;
    } finally {
      watch.close();
    }
  });
  const unhealthy = [...new Set((await Promise.all(waits)).filter((missing) => missing !== undefined))];
  if (unhealthy.length > 0) throw await gateFailure(transport, pods, unhealthy, stage);
  const stale = await poll(
    () => lookAtSandboxes(transport, pods),
    options(timeouts.controlPlaneComponentHealthCheck),
  );
  if (stale !== undefined) throw await gateFailure(transport, pods, [stale], stage);
}

/** The gates of a host: its kubelet and every static pod that it should run. */
export const gatesOf = (host: Host, wanted: DesiredHost): readonly Gate[] => [
  kubeletGateOf(wanted),
  ...staticPods(wanted).flatMap((pod) => {
    if (!isOwnPod(pod.name)) return [toldGateOf(pod, host.name, wanted)];
    const gate = gateOf(pod, host.advertiseAddress);
    if (gate === undefined) return [];
    return [tellingGate(gate, wanted)];
  }),
];

/** A gate that stays shut, with what kubelet, runtime and containers say about it. @param unhealthy what is missing, each as `component: …` */
export async function gateFailure(
  transport: Transport,
  pods: readonly StaticPodResource[],
  unhealthy: readonly string[],
  stage: string,
  doing = 'Waiting for the host’s control plane',
): Promise<Failure> {
  // The others have nothing to say; when the kubelet itself is missing, all have.
  const named = pods.filter(({ name }) => unhealthy.some((missing) => missing.startsWith(`${name}:`)));
  const report = await gateReport(transport, named.length > 0 ? named : pods).catch(
    (error: Error) => `(no report: ${error.message})`,
  );
  return new Failure({
    kind: 'gate',
    doing,
    where: { host: transport.host, phase: stage },
    said: `still missing: ${unhealthy.join('; ')}\n${report}`,
    next: 'Read what the components say above, fix the inventory or the host, then run `podstrap up` again.',
  });
}
