import { isIP } from 'node:net';
import type { Artifact, Blob } from '../../desired/artifact.js';
import type { Host } from '../../inventory/inventory.js';
import type { HostFacts } from '../../observed/facts.js';
import { isSmall, lacking, offsetOf } from './lacking.js';
import { relayTree } from './relay-tree.js';

/** Who gets what from whom. */
export interface RelaySchedule {
  /** The host that a host gets a blob from; undefined for the operator. */
  parentOf(host: string, sha256: string): string | undefined;
  /** The blobs that a host hands out, by the host that they are for. */
  childrenOf(host: string): ReadonlyMap<string, readonly Blob[]>;
  /** The hosts that a host fetches from. */
  parentsOf(host: string): readonly string[];
}

/**
 * One tree for each blob that does not travel with others.
 * @param needs what each host is to be brought, in the order of the inventory
 */
export function relaySchedule(
  needs: ReadonlyMap<string, readonly Artifact[]>,
  facts: ReadonlyMap<string, HostFacts>,
  passesOn: (host: string) => boolean,
): RelaySchedule {
  const takers = new Map<string, { blob: Blob; hosts: string[] }>();
  for (const [host, artifacts] of needs)
    for (const blob of lacking(facts.get(host)!, artifacts).flatMap(({ blobs }) => blobs)) {
      if (isSmall(blob, facts.get(host)!)) continue;
      const taking = takers.get(blob.sha256) ?? { blob, hosts: [] };
      taking.hosts.push(host);
      takers.set(blob.sha256, taking);
    }
  const parents = new Map<string, Map<string, string>>();
  const children = new Map<string, Map<string, Blob[]>>();
  for (const { blob, hosts } of takers.values()) {
    const holders = new Set(hosts.filter((host) => offsetOf(blob, facts.get(host)!) >= blob.size));
    for (const [host, parent] of relayTree(hosts, holders, passesOn)) {
      const own = parents.get(host) ?? new Map<string, string>();
      parents.set(host, own.set(blob.sha256, parent));
      const given = children.get(parent) ?? new Map<string, Blob[]>();
      children.set(parent, given.set(host, [...(given.get(host) ?? []), blob]));
    }
  }
  return {
    parentOf: (host, sha256) => parents.get(host)?.get(sha256),
    childrenOf: (host) => children.get(host) ?? new Map(),
    parentsOf: (host) => [...new Set(parents.get(host)?.values())],
  };
}

/** The port at which other hosts find sshd: the operator may come through a forwarded one. */
export function sshPort({ ports }: HostFacts, asTheOperator: number): number {
  const listens = (port: number) => ports.some((one) => one.port === port);
  if (listens(asTheOperator)) return asTheOperator;
  return listens(22) ? 22 : (ports.find(({ by }) => by === 'sshd')?.port ?? asTheOperator);
}

/** The addresses from which a host may come to another. */
export const addressesOf = ({ address, advertiseAddress }: Host): readonly string[] => [
  ...new Set([advertiseAddress, address].filter((one) => isIP(one) !== 0)),
];

/** Sending never takes longer than this, as far as keys are concerned. Seconds. */
const longest = 86_400;

/**
 * Seconds that keys for the sending are good for: an hour, and what a slow line takes. Whoever comes later is fed by the
 * operator.
 * @param rate bytes per second that the operator sends at most
 */
export const lifetimeFor = (bytes: number, rate = 1 << 20): number =>
  Math.min(longest, 3600 + Math.ceil(bytes / rate));
