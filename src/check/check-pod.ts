import type { Inventory } from '../inventory/inventory.js';
import { name } from './check-objects.js';
import { type CheckName, type CheckResult, type Finding, failed, skipped } from './check-report.js';
import type { Checking } from './checking.js';
import { podProbes } from './pod-probes.js';
import { runCheck } from './run-check.js';
import type { CheckPod } from './start-pods.js';

/** Why checks are not made, by their names. */
export type Skips = Partial<Record<CheckName, string>>;

/** Checks of what the inventory switches off, and something else may do. */
export function skipsOf({ spec }: Inventory): Skips {
  const how = '`podstrap check --every` makes this check all the same';
  const dns = `spec.dns.disabled: podstrap brings no DNS; ${how}`;
  const proxy = `spec.kubeProxy.disabled: podstrap does not route Services to their pods; ${how}`;
  return {
    ...(spec.dns.disabled ? { dns } : {}),
    ...(spec.kubeProxy.disabled ? { service: proxy, dns: proxy, 'api-service': proxy } : {}),
  };
}

const next = {
  logs: 'See whether the control planes can reach port 10250 of the node, and look at the kubelet’s journal.',
  exec: 'See whether the control planes can reach port 10250 of the node, and look at the kubelet’s journal.',
  'port-forward': 'Look at the kubelet’s journal of the node, and at containerd’s.',
  service:
    'Look at kube-proxy of the node: `podstrap kubectl -n kube-system get pods -o wide`, and its logs.',
  dns: 'Look at CoreDNS: `podstrap kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`, and its logs.',
  'api-service':
    'Look at kube-proxy of the node, and at `podstrap kubectl get endpointslices -l kubernetes.io/service-name=kubernetes`.',
} as const;

/** How the check's service is found. */
export interface Servers {
  /** Its addresses. */
  readonly services: readonly string[];
  /** Waits until its name may be asked for. */
  named(): Promise<void>;
}

/**
 * All that is asked of and in one pod.
 * @param peers the pods on the other nodes
 */
export async function checkPod(
  checking: Checking,
  pod: CheckPod,
  peers: readonly CheckPod[],
  { services, named }: Servers,
  skips: Skips,
): Promise<readonly CheckResult[]> {
  const probes = podProbes(checking, pod, peers);
  const make = (check: CheckName, work: () => Promise<Finding>) => runCheck(check, pod.node, work);
  const judge = (check: keyof typeof next, probe: () => Promise<string | undefined>) =>
    make(check, async () => {
      const said = await probe();
      return said === undefined ? undefined : failed(said, next[check]);
    });
  const others = [judge('logs', probes.logs), judge('port-forward', probes.portForward)];
  const exec = await judge('exec', probes.exec);
  const inside = (check: CheckName, work: () => Promise<CheckResult>): Promise<CheckResult> => {
    const skip = skips[check];
    if (skip !== undefined) return make(check, async () => skipped(skip));
    if (exec.result === 'ok') return work();
    return make(check, async () => skipped('nothing can be run in the pod, as the check `exec` says'));
  };
  const asked = await Promise.all([
    ...others,
    inside('pod-to-pod', () => make('pod-to-pod', async () => reach(pod, peers, await probes.unreached()))),
    inside('service', () => judge('service', () => probes.service(services))),
    inside('dns', () => judge('dns', () => named().then(() => probes.service([name])))),
    inside('api-service', () => judge('api-service', probes.api)),
  ]);
  return [exec, ...blamingTheNetwork(asked)];
}

function reach(
  { node }: CheckPod,
  peers: readonly CheckPod[],
  unreached: ReadonlyMap<CheckPod, string>,
): Finding {
  if (peers.length === 0) return skipped('there is no pod on another node');
  if (unreached.size === 0) return undefined;
  const wrong = [...unreached].map(
    ([peer, said]) => `the pod on ${peer.node} (${peer.addresses.join(', ')}): ${said}`,
  );
  const nodes = [...unreached.keys()].map((peer) => peer.node).join(', ');
  return failed(
    `the pod on ${node} does not reach ${wrong.join('; nor ')}`,
    `Look at the network between ${node} and ${nodes}: \`podstrap plan\` shows what is missing of podstrap’s routes; a firewall may drop what pods send. See docs/network.md.`,
  );
}

/** A service leads to other nodes as well: what pods cannot reach, they cannot reach through it. */
function blamingTheNetwork(results: readonly CheckResult[]): readonly CheckResult[] {
  if (!results.some(({ check, result }) => check === 'pod-to-pod' && result === 'failed')) return results;
  return results.map((one) =>
    one.result === 'failed' && ['service', 'dns', 'api-service'].includes(one.check)
      ? { ...one, next: 'Fix what `pod-to-pod` found first.' }
      : one,
  );
}
