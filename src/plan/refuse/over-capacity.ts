import { kubeletConfig } from '../../desired/node/kubelet-config.js';
import type { Desired, DesiredHost, StaticPodResource } from '../../desired/resource.js';
import { Failure } from '../../failure.js';
import { type Host, hostNamed, type Inventory } from '../../inventory/inventory.js';
import { amountOf } from '../../inventory/static-pods/judge-together.js';
import { type Requested, requestsOf } from '../../inventory/static-pods/requests-of.js';
import { isOwnPod } from '../../kubernetes/pod-names.js';
import type { HostFacts } from '../../observed/facts.js';
import { readYaml } from '../../read-yaml.js';

/** What a kubelet keeps free for the host when nothing else is said: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/ */
const keptFree = '100Mi';

/**
 * Hosts whose static pods ask for more than is there: their kubelets would refuse those for good, and each that came first would
 * keep out the next. Those of the control plane count as well; a host without others is not judged. Pure.
 */
export const overCapacity = (
  inventory: Inventory,
  { hosts }: Pick<Desired, 'hosts'>,
  facts: ReadonlyMap<string, HostFacts>,
): readonly Failure[] =>
  hosts.flatMap((wanted) => {
    const fact = facts.get(wanted.host);
    return fact === undefined ? [] : overOn(inventory, wanted, fact);
  });

const isPod = (resource: DesiredHost['resources'][number]): resource is StaticPodResource =>
  resource.kind === 'static-pod';

function overOn(
  inventory: Inventory,
  { host: name, resources }: DesiredHost,
  fact: HostFacts,
): readonly Failure[] {
  const pods = resources.filter(isPod);
  if (pods.every((pod) => isOwnPod(pod.name))) return [];
  const asked = pods.map((pod) => ({ name: pod.name, ...requestsOf(readYaml(pod.content)) }));
  const host = hostNamed(inventory, name);
  const there = allocatable(inventory, host, fact);
  return (['cpu', 'memory'] as const).flatMap((resource) => {
    const sum = asked.reduce((all, one) => all + one[resource], 0);
    if (sum <= there[resource]) return [];
    const asking = asked.filter((one) => one[resource] > 0);
    const each = asking.map((one) => `${one.name} ${shown[resource](one[resource])}`).join(', ');
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
