import { Failure } from '../failure.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import type { Step } from '../plan/step.js';
import { checks } from './checks.js';

export interface PreflightResult {
  readonly failures: readonly Failure[];
  readonly warnings: readonly { readonly host: string; readonly message: string }[];
}

/** All problems of all hosts, before anything is changed. Pure. */
export function preflight(
  inventory: Inventory,
  facts: ReadonlyMap<string, HostFacts>,
  steps: readonly Step[],
): PreflightResult {
  const failures: Failure[] = [];
  const warnings: { host: string; message: string }[] = [];
  for (const host of inventory.spec.hosts) {
    const fact = facts.get(host.name);
    if (fact === undefined) continue;
    const input = {
      host,
      facts: fact,
      inventory,
      all: facts,
      fresh: isFresh(fact),
      incoming: incoming(host, steps, fact),
    };
    for (const check of checks) {
      const finding = check.find(input);
      if (finding?.severity === 'warning')
        warnings.push({ host: host.name, message: `${finding.said}. ${finding.next}` });
      if (finding?.severity === 'error')
        failures.push(
          new Failure({
            kind: 'preflight',
            doing: `Checking that ${check.about}`,
            where: { host: host.name },
            said: finding.said,
            next: finding.next,
          }),
        );
    }
  }
  return { failures, warnings };
}

const isFresh = (fact: HostFacts): boolean => fact.record === undefined && !fact.etcdData;

/** Of the paths that the probe knows the one below which everything arrives. */
const arrivals = '/var/lib';

/** containerd stores an image packed and unpacked: about three times its transfer size. */
const unpacked = 3;

/** Of the paths that the probe knows the one that a file is below, by the longest name. */
const placeOf = (path: string, mounts: HostFacts['mounts']): string =>
  Object.keys(mounts)
    .filter((known) => path.startsWith(`${known}/`))
    .reduce((longest, known) => (known.length > longest.length ? known : longest), '');

/** Bytes by file system: all directories on one share its room. */
function incoming({ name }: Host, steps: readonly Step[], { mounts }: HostFacts): Record<string, number> {
  const bytes: Record<string, number> = {};
  const mountOf = (path: string) => mounts[path] ?? path;
  const add = (path: string, size: number) => {
    bytes[mountOf(path)] = (bytes[mountOf(path)] ?? 0) + size;
  };
  for (const { host, action } of steps) {
    if (host !== name) continue;
    if (action.do === 'install-binary') {
      const place = placeOf(action.path, mounts);
      add(place, action.size);
      // It is renamed into its place where it can be; another file system holds a copy for a moment.
      if (mountOf(place) !== mountOf(arrivals)) add(arrivals, action.size);
    }
    if (action.do === 'import-image') {
      add('/var/lib/containerd', action.size * unpacked);
      add(arrivals, action.size);
    }
  }
  return bytes;
}
