import type { KnownHost } from '../../desired/known-host.js';
import { Failure, Failures } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../../observed/facts.js';

/** True when the host is this cluster's, or has something of a run that never came as far as saying so. Pure. */
const isOurs = ({ record, applied }: HostFacts, clusterId: string): boolean =>
  record === undefined ? Object.keys(applied).length > 0 : record.clusterId === clusterId;

/**
 * A host is a machine and what the cluster knows it as, not a line of the inventory. A machine that is one of this
 * cluster's under another name would join under the new one and be emptied under the old one.
 * @throws Failure, Failures `refused`
 */
export function refuseOtherMachines(
  inventory: Inventory,
  clusterId: string,
  record: ClusterRecord | undefined,
  facts: ReadonlyMap<string, HostFacts>,
): void {
  const { hosts } = inventory.spec;
  const refused = hosts.flatMap((host, index): Failure[] => {
    const place = `${inventory.placeOf(`spec.hosts[${index}].name`)}`;
    const seen = facts.get(host.name);
    if (seen === undefined) {
      const earlier = (record?.hosts ?? []).find(
        ({ name, advertiseAddress }) =>
          advertiseAddress === host.advertiseAddress && hosts.every((one) => one.name !== name),
      );
      if (earlier === undefined || record?.bootstrapped !== true) return [];
      return [
        otherName(
          host.name,
          `it does not answer, and ${host.advertiseAddress} was ${earlier.name}, which ${place} calls ${host.name} now: only the machine itself can tell whether it still is`,
          `Bring it back first, or set the name back to ${earlier.name}. ${howToRename(earlier.name, host.name)}`,
        ),
      ];
    }
    const { nodeName } = seen;
    if (nodeName === undefined || nodeName === host.name || !isOurs(seen, clusterId)) return [];
    return [
      otherName(
        host.name,
        `the machine at ${host.address} is ${nodeName} of this cluster, and ${place} calls it ${host.name}`,
        `Set the name back to ${nodeName}, or the address to that of ${host.name}. ${howToRename(nodeName, host.name)} A copy of the disk of ${nodeName} has to be reinstalled.`,
      ),
    ];
  });
  if (refused.length > 0) throw refused.length === 1 ? refused[0]! : new Failures(refused);
}

/**
 * Hosts whose machines say that they are one: a copy of another's disk, or two ways to one machine. What is done to the
 * one would be done to the other. Pure.
 */
export const sameMachines = (inventory: Inventory, facts: ReadonlyMap<string, HostFacts>): Failure[] =>
  inventory.spec.hosts.flatMap(({ name }, index) => {
    const machineId = facts.get(name)?.machineId;
    const twin = [...facts.values()].find(
      (other) => other.host !== name && machineId && other.machineId === machineId,
    );
    if (twin === undefined) return [];
    return [
      otherName(
        name,
        `${inventory.placeOf(`spec.hosts[${index}].name`)}: it has the machine id of ${twin.host}: one was cloned from the other, or both names lead to one machine`,
        'Correct the address, or take one of them out of spec.hosts. A clone gets an id of its own: rm /etc/machine-id; systemd-machine-id-setup; reboot.',
      ),
    ];
  });

const otherName = (host: string, said: string, next: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Comparing the names of hosts with the machines at their addresses',
    where: { host },
    said,
    next: `Nothing was changed. ${next}`,
  });

const howToRename = (from: string, to: string): string =>
  `To rename it: take ${from} out of spec.hosts, run \`podstrap up\`, add it as ${to}, run \`podstrap up\` again.`;

/**
 * Why the machine at the address of a host that has left is not that host, as the end of a sentence; undefined when it is.
 * Only the machine itself tells: an address may lead to another one by now. Pure.
 * @param listed hosts of the inventory that were looked at
 */
export function notThatHost(
  { name, machineId }: Pick<KnownHost, 'name' | 'machineId'>,
  facts: HostFacts,
  clusterId: string,
  listed: ReadonlyMap<string, HostFacts>,
): string | undefined {
  const twin = [...listed.values()].find(
    (other) => facts.machineId !== '' && other.machineId === facts.machineId,
  );
  if (twin !== undefined) return `is ${twin.host}`;
  if (facts.record !== undefined && facts.record.clusterId !== clusterId)
    return `belongs to the cluster ${facts.record.cluster} now`;
  if (!isOurs(facts, clusterId)) return 'has nothing of this cluster';
  if (facts.nodeName === name) return undefined;
  if (facts.nodeName !== undefined) return `is ${facts.nodeName}`;
  // A run that was cut off before the kubelet got its identity.
  return machineId && facts.machineId === machineId ? undefined : 'does not say which host it is';
}
