import type { Arch } from '../desired/artifact.js';
import type { HostTraits } from '../desired/traits.js';
import { Failure } from '../failure.js';
import type { Host } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { interfaceOf } from '../observed/interface-of.js';
import { etcdIdsOn } from '../plan/etcd-ids.js';

/** @throws Failure `preflight` for an architecture that nothing is built for */
export const archOf = (fact: HostFacts): Arch => {
  if (fact.machine === 'x86_64' || fact.machine === 'amd64') return 'amd64';
  if (fact.machine === 'aarch64' || fact.machine === 'arm64') return 'arm64';
  throw new Failure({
    kind: 'preflight',
    doing: 'Looking at the host',
    where: { host: fact.host },
    said: `its architecture is ${fact.machine}`,
    next: 'podstrap supports x86_64 and aarch64.',
  });
};

/** What desired state depends on, from what was seen. */
export const traitsOf = (fact: HostFacts, host: Host): HostTraits => ({
  ...interfaceTraits(fact, host),
  arch: archOf(fact),
  hostname: fact.hostname,
  cgroup: fact.cgroup,
  resolvConf: fact.resolvConf,
  resolves: !fact.noResolver,
  caDirectories: fact.caDirectories,
  ...(fact.etcdAccount === undefined ? {} : { etcdUser: etcdIdsOn(fact.etcdAccount) }),
});

function interfaceTraits(
  { network }: HostFacts,
  { advertiseAddress }: Host,
): Pick<HostTraits, 'mtu' | 'interface'> {
  const own = interfaceOf(network, advertiseAddress);
  if (own === undefined) return {};
  return { interface: own.name, ...(own.mtu === undefined ? {} : { mtu: own.mtu }) };
}
