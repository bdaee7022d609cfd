import { kubeletConfig } from '../../desired/node/kubelet-config.js';
import { userPodsOn } from '../../desired/user-pods/user-pods.js';
import { Failure } from '../../failure.js';
import type { Host, Inventory } from '../../inventory/inventory.js';
import { fillPod } from '../../inventory/static-pods/fill-pod.js';
import { amountOf } from '../../inventory/static-pods/judge-together.js';
import { type Requested, requestsOf } from '../../inventory/static-pods/requests-of.js';
import { templateValues } from '../../inventory/static-pods/template-values.js';
import type { HostFacts } from '../../observed/facts.js';

/** What a kubelet keeps free for the host when nothing else is said: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/ */
const keptFree = '100Mi';

/**
 * Hosts whose static pods ask for more than is there: their kubelets would refuse those for good, and each that came first would
 * keep out the next. Pure.
 */
export const overCapacity = (
  inventory: Inventory,
  facts: ReadonlyMap<string, HostFacts>,
): readonly Failure[] =>
  inventory.spec.hosts.flatMap((host) => {
    const fact = facts.get(host.name);
    return fact === undefined ? [] : overOn(inventory, host, fact);
  });

function overOn(inventory: Inventory, host: Host, fact: HostFacts): readonly Failure[] {
  const values = templateValues(inventory, host);
  const asked = userPodsOn(inventory, host).map(({ entry, pod }) => ({
    name: entry.name,
    ...requestsOf(fillPod(pod, values).pod),
  }));
  if (asked.every(({ cpu, memory }) => cpu === 0 && memory === 0)) return [];
  const there = allocatable(inventory, host, fact);
  return (['cpu', 'memory'] as const).flatMap((resource) => {
    const sum = asked.reduce((all, one) => all + one[resource], 0);
    if (sum <= there[resource]) return [];
    const pods = asked.filter((one) => one[resource] > 0);
    const each = pods.map((one) => `${one.name} ${shown[resource](one[resource])}`).join(', ');
    return [
      new Failure({
        kind: 'refused',
        doing: 'Comparing what static pods ask for with the host',
        where: { host: host.name },
        said: `${each}: ${shown[resource](sum)} of ${resource} in total, and the kubelet has only ${shown[resource](there[resource])} to give`,
        next: 'Ask for less in `resources.requests`, or choose other hosts. Nothing was changed.',
      }),
    ];
  });
}

const shown: Readonly<Record<keyof Requested, (amount: number) => string>> = {
  cpu: (amount) => `${Math.round(amount * 1000)}m`,
  memory: (amount) => `${Math.round(amount / 2 ** 20)}Mi`,
};

/** As the kubelet computes it: what the machine has, without what its configuration keeps back. */
function allocatable(inventory: Inventory, host: Host, fact: HostFacts): Requested {
  const config = kubeletConfig({ inventory, host, traits: { resolvConf: fact.resolvConf } });
  const kept = (resource: string) =>
    ['kubeReserved', 'systemReserved'].reduce((sum, field) => {
      const amount = amountOf((config[field] as Readonly<Record<string, unknown>> | undefined)?.[resource]);
      return sum + (Number.isNaN(amount) ? 0 : amount);
    }, 0);
  const hard = (config['evictionHard'] as Readonly<Record<string, unknown>> | undefined)?.[
    'memory.available'
  ];
  const free =
    typeof hard === 'string' && hard.endsWith('%')
      ? (Number.parseFloat(hard) / 100) * fact.memory
      : amountOf(hard ?? keptFree);
  return {
    cpu: fact.cpus - kept('cpu'),
    memory: fact.memory - kept('memory') - (Number.isNaN(free) ? 0 : free),
  };
}
