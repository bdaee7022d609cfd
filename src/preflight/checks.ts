import { kubeletConfig } from '../desired/node/kubelet-config.js';
import { ownPods, podsOn } from '../desired/pods/own-pods.js';
import { kindOf } from '../inventory/host-kinds.js';
import { fixedPorts } from '../kubernetes/fixed-ports.js';
import { release } from '../kubernetes/versions.js';
import type { Check, CheckInput, Finding } from './check.js';
import { clockLimits } from './clock-limits.js';
import { diskChecks, gigabytes } from './disk-checks.js';
import { networkChecks } from './network-checks.js';
import { virtualAddressCheck } from './virtual-address-check.js';

const error = (said: string, next: string): Finding => ({ severity: 'error', said, next });
const warning = (said: string, next: string): Finding => ({ severity: 'warning', said, next });

/** Without these the kubelet does not start, or pods do not. Cgroup v2 counts processor time by itself. */
const controllersOf = {
  1: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids'],
  2: ['cpu', 'cpuset', 'memory', 'pids'],
} as const;

/** The configuration that this host's kubelet is to get. */
const kubeletOf = ({ inventory, host, facts }: CheckInput) =>
  kubeletConfig({ inventory, host, traits: facts });

/** The checks in the order in which they are reported. All of all hosts run before anything is changed. */
export const checks: readonly Check[] = [
  {
    name: 'systemd',
    about: 'systemd runs the host',
    find: ({ facts }) =>
      facts.systemd
        ? undefined
        : error('systemd does not run this host', 'podstrap needs systemd as process 1.'),
  },
  {
    name: 'tools',
    about: 'the tools that scripts use are there',
    find: ({ facts }) =>
      facts.missingTools.length === 0
        ? undefined
        : error(
            `missing: ${facts.missingTools.join(', ')}`,
            'Install the packages that hold them (coreutils, findutils, tar; policycoreutils where SELinux is). Those of busybox will not do.',
          ),
  },
  {
    name: 'selinux',
    about: 'what SELinux means for the host',
    find: ({ facts, fresh }) =>
      fresh && facts.selinux === 'enforcing'
        ? warning(
            'SELinux is enforcing',
            'Labels of everything that is written are restored; containers are not confined by it unless containerd is told to (docs/hosts.md).',
          )
        : undefined,
  },
  ...networkChecks,
  virtualAddressCheck,
  {
    name: 'cpus',
    about: 'a control plane has at least 2 CPUs',
    find: ({ host, facts }) => {
      const { cpus = 0 } = kindOf(host).atLeast ?? {};
      return facts.cpus >= cpus
        ? undefined
        : warning(`${facts.cpus} CPU`, `kubeadm asks for ${cpus}; expect slow elections.`);
    },
  },
  {
    name: 'memory',
    about: 'a control plane has at least 1.7 GB of memory',
    find: ({ host, facts }) => {
      const { memory = 0 } = kindOf(host).atLeast ?? {};
      return facts.memory >= memory
        ? undefined
        : error(`${gigabytes(facts.memory)} of memory`, `Give the host at least ${gigabytes(memory)}.`);
    },
  },
  ...diskChecks,
  {
    name: 'ports',
    about: 'the ports of a control plane, or of a worker and its load balancer, are free',
    find: (input) => {
      const { inventory, facts, host } = input;
      if (!input.fresh) return portToCome(input);
      const wanted = [
        fixedPorts.kubelet,
        ...podsOn(inventory, host).flatMap((name) => ownPods[name].ports(inventory)),
      ];
      const taken = facts.ports.filter(({ port }) => wanted.includes(port));
      if (taken.length === 0) return undefined;
      const said = [...new Map(taken.map((one) => [one.port, one])).values()].map(
        ({ port, by }) => `port ${port} is in use${by === undefined ? '' : ` by ${by}`}`,
      );
      return error(said.join('; '), 'Stop what listens there, or move it to another port.');
    },
  },
  {
    name: 'clock',
    about: 'the clocks of host and operator agree',
    find: ({ facts }) => {
      const seconds = Math.round(Math.abs(facts.clockOffset));
      const next = 'Start a time service (systemd-timesyncd, chrony) on the host.';
      const said = `its clock is ${seconds} s ${facts.clockOffset > 0 ? 'ahead of' : 'behind'} the operator’s`;
      if (seconds > clockLimits.error) return error(said, next);
      return seconds > clockLimits.warning ? warning(said, next) : undefined;
    },
  },
  {
    name: 'hostname',
    about: 'hostnames differ',
    find: ({ facts, all }) => {
      const twin = [...all.values()].find(
        (other) => other.host !== facts.host && other.hostname === facts.hostname,
      );
      return twin
        ? warning(`its hostname, ${facts.hostname}, is also that of ${twin.host}`, 'Give each host its own.')
        : undefined;
    },
  },
  {
    name: 'cgroups',
    about: 'the kubelet accepts the host’s cgroup version',
    find: (input) => {
      const { behaviour } = release(input.inventory.spec.kubernetesVersion);
      if (input.facts.cgroup === 2) return undefined;
      if (!behaviour.kubeletRefusesCgroupV1)
        return warning(
          'it uses cgroup v1',
          'Kubernetes has deprecated it; boot with systemd.unified_cgroup_hierarchy=1.',
        );
      return kubeletOf(input)['failCgroupV1'] === false
        ? undefined
        : error(
            'it uses cgroup v1, on which this kubelet refuses to start',
            'Boot with systemd.unified_cgroup_hierarchy=1, or set spec.kubelet.config.failCgroupV1: false.',
          );
    },
  },
  {
    name: 'controllers',
    about: 'the kernel has the cgroup controllers that the kubelet needs',
    find: ({ facts }) => {
      const missing = controllersOf[facts.cgroup].filter((name) => !facts.cgroupControllers.includes(name));
      return missing.length === 0
        ? undefined
        : error(
            `the kernel lacks the cgroup controllers ${missing.join(', ')}, or they are turned off`,
            'Turn them on where the kernel is started (such as cgroup_enable=memory), or boot another kernel.',
          );
    },
  },
  {
    name: 'modules',
    about: 'the kernel has the modules that containers need',
    find: ({ facts }) =>
      facts.missingModules.length === 0
        ? undefined
        : error(
            `the kernel has no ${facts.missingModules.join(', ')}`,
            'Install the modules of the kernel that runs (uname -r), or boot the one that is installed.',
          ),
  },
  {
    name: 'seccomp',
    about: 'the kernel can filter system calls',
    find: ({ facts }) =>
      facts.seccomp
        ? undefined
        : error(
            'the kernel has no seccomp filters, without which no container starts',
            'Boot a kernel with CONFIG_SECCOMP_FILTER.',
          ),
  },
  {
    name: 'swap',
    about: 'swap is off, or the kubelet accepts it',
    find: (input) =>
      input.facts.swap && kubeletOf(input)['failSwapOn'] !== false
        ? error(
            'swap is on',
            'Turn it off (swapoff -a, and in /etc/fstab), or set spec.kubelet.config.failSwapOn: false.',
          )
        : undefined,
  },
  {
    name: 'firewall',
    about: 'a firewall on the host lets the control plane’s ports through',
    find: ({ facts }) =>
      facts.firewall.length > 0
        ? warning(
            `${facts.firewall.join(', ')} is active`,
            'Open 6443, 2379-2380 and 10250 between the hosts, if that is not yet done.',
          )
        : undefined,
  },
  {
    name: 'resolver',
    about: 'pods can be given a resolver that is not the host’s loopback',
    find: ({ facts }) =>
      facts.loopbackResolver && facts.resolvConf === undefined
        ? warning(
            'its /etc/resolv.conf names a loopback address and systemd-resolved has no list of its own',
            'Set host.kubelet.config.resolvConf to a file with the real name servers.',
          )
        : undefined,
  },
];

/** A control plane that runs already, and whose API server goes to another port. */
function portToCome({ inventory, facts }: CheckInput): Finding | undefined {
  const { bindPort } = inventory.spec.apiServer;
  if (facts.apiPort === undefined || facts.apiPort === bindPort) return undefined;
  const taken = facts.ports.find(({ port, by }) => port === bindPort && by !== 'kube-apiserver');
  return taken === undefined
    ? undefined
    : error(
        `port ${bindPort} is in use${taken.by === undefined ? '' : ` by ${taken.by}`}`,
        'Stop what listens there, or choose another spec.apiServer.bindPort.',
      );
}
