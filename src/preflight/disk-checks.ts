import { kubeletConfig } from '../desired/node/kubelet-config.js';
import { isControlPlane } from '../inventory/inventory.js';
import { problemOf } from '../inventory/rules/data-directory.js';
import type { Check, CheckInput } from './check.js';

/** Bytes that must stay free beside what is sent. */
const headroom = 512 * 1_000_000;

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Where the kubelet looks for each of its signals about room, and below what it evicts pods unless it is told otherwise. */
const signals = [
  { name: 'nodefs.available', path: '/var/lib/kubelet', usual: '10%' },
  { name: 'imagefs.available', path: '/var/lib/containerd', usual: '15%' },
] as const;

/** A file system on which a kubelet would have too little room, and the limit that says so. */
interface Pressure {
  readonly mount: string;
  readonly left: number;
  readonly capacity: number;
  readonly limit: number;
  readonly rule: string;
}

/** Room on the file systems of a host: for what will be sent, and for the kubelet beside it. */
export const diskChecks: readonly Check[] = [
  {
    name: 'read-only',
    about: 'what is to be written is not on a file system that is mounted read-only',
    find: ({ facts, writes }) => {
      const fixed = new Set(facts.readOnlyMounts ?? []);
      const places = Object.entries(facts.mounts).filter(([place]) =>
        writes.some((path) => path.startsWith(`${place}/`)),
      );
      // The deepest place is the one that a path lies in.
      const inside = (path: string, place: string) =>
        path.startsWith(`${place}/`) &&
        !places.some(([deeper]) => deeper.length > place.length && path.startsWith(`${deeper}/`));
      const refused = places.filter(
        ([place, mount]) => fixed.has(mount) && writes.some((path) => inside(path, place)),
      );
      if (refused.length === 0) return undefined;
      const said = refused.map(([place, mount]) => `${place} is read-only (file system ${mount})`);
      return {
        severity: 'error',
        said: said.join('; '),
        next: `Make it writable (\`mount -o remount,rw ${refused[0]![1]}\`, and in /etc/fstab), or mount a writable file system or an overlay at ${refused.map(([place]) => place).join(', ')}: podstrap's programs and units live there.`,
      };
    },
  },
  {
    name: 'disk',
    about: 'there is enough space for what will be sent',
    find: ({ facts, incoming }) => {
      const freeOn = new Map(Object.entries(facts.mounts).map(([path, mount]) => [mount, facts.free[path]!]));
      const short = Object.entries(incoming).filter(
        ([mount, bytes]) => (freeOn.get(mount) ?? Infinity) < bytes + headroom,
      );
      if (short.length === 0) return undefined;
      const said = short.map(
        ([mount, bytes]) =>
          `the file system ${mount} has ${gigabytes(freeOn.get(mount)!)} free, ${gigabytes(bytes + headroom)} needed: ${gigabytes(bytes)} for what is sent and unpacked there, and ${gigabytes(headroom)} to spare`,
      );
      return {
        severity: 'error',
        said: said.join('; '),
        next: 'Free some space there, or mount a larger file system.',
      };
    },
  },
  {
    name: 'etcd-directory',
    about: 'etcd’s data directory is etcd’s alone',
    find: ({ facts: { etcdStrangers = [], etcdLeadsTo }, host, inventory, fresh }) => {
      if (!isControlPlane(host)) return undefined;
      const { dataDir } = inventory.spec.etcd.local;
      const leads = etcdLeadsTo === undefined ? undefined : problemOf(etcdLeadsTo);
      if (fresh && etcdLeadsTo !== dataDir && leads !== undefined)
        return {
          severity: 'error',
          said: `${dataDir} leads to ${leads}`,
          next: 'podstrap makes this folder root’s alone. Let the link lead to a folder that is etcd’s alone.',
        };
      if (etcdStrangers.length === 0) return undefined;
      const shown = etcdStrangers.slice(0, 5).join(', ');
      const said = `${dataDir} holds what is not etcd’s: ${shown}${etcdStrangers.length > 5 ? ', …' : ''}`;
      return fresh
        ? {
            severity: 'error',
            said,
            next: `podstrap makes this folder root’s alone. Name one that is empty in spec.etcd.local.dataDir, such as ${dataDir}/etcd, or move that away.`,
          }
        : { severity: 'warning', said, next: 'podstrap leaves it alone; it is better kept elsewhere.' };
    },
  },
  {
    name: 'disk-pressure',
    about: 'the kubelet has enough space not to evict pods',
    find: (input) => {
      const found = pressures(input);
      if (found.length === 0) return undefined;
      const said = found.map(
        ({ mount, left, capacity, limit, rule }) =>
          `with what is sent the file system ${mount} has ${gigabytes(left)} of ${gigabytes(capacity)} free; below ${gigabytes(limit)} (${rule}) its kubelet evicts pods and takes no others`,
      );
      return {
        severity: 'warning',
        said: said.join('; '),
        next: 'Free some space there, mount a larger file system, or set evictionHard in spec.kubelet.config.',
      };
    },
  },
];

/** By file system the limit that is the first to be reached. */
function pressures({ inventory, host, facts, incoming }: CheckInput): readonly Pressure[] {
  const limits = evictionLimits(kubeletConfig({ inventory, host, traits: facts }));
  const byMount = new Map<string, Pressure>();
  for (const { name, path } of signals) {
    const [mount, free, capacity] = [facts.mounts[path], facts.free[path], facts.capacity[path]];
    const threshold = limits[name];
    if (mount === undefined || free === undefined || capacity === undefined || threshold === undefined)
      continue;
    const [left, limit] = [Math.max(0, free - (incoming[mount] ?? 0)), bytesOf(threshold, capacity)];
    if (left < limit && limit > (byMount.get(mount)?.limit ?? 0))
      byMount.set(mount, { mount, left, capacity, limit, rule: `${name}<${threshold}` });
  }
  return [...byMount.values()];
}

/** A kubelet that is given any limit has none of the usual ones beside it, unless it is told to keep them. */
function evictionLimits(config: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const own = config['evictionHard'] as Readonly<Record<string, string>> | undefined;
  const usual = Object.fromEntries(signals.map((signal) => [signal.name, signal.usual]));
  if (own === undefined || Object.keys(own).length === 0) return usual;
  return config['mergeDefaultEvictionSettings'] === true ? { ...usual, ...own } : own;
}

const powers = ['k', 'M', 'G', 'T', 'P', 'E'];

/**
 * A threshold as Kubernetes writes it, a part of the whole or a quantity, in bytes. One that cannot be read is none, and
 * so is all of the disk, by which the kubelet is told to look at nothing.
 */
function bytesOf(threshold: string, capacity: number): number {
  const [, number, unit = ''] = /^([\d.]+(?:[eE]\d+)?)(%|[kKMGTPE]i?)?$/.exec(threshold) ?? [];
  if (number === undefined) return 0;
  if (unit === '%') return Number(number) < 100 ? (Number(number) / 100) * capacity : 0;
  const power = powers.indexOf(unit === 'Ki' ? 'k' : unit.slice(0, 1)) + 1;
  return Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** power;
}
