import type { Desired } from '../desired/resource.js';
import type { Settled } from '../desired/settled.js';
import { Failure } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import type { Step } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import { checks } from './checks.js';
import { roomFor } from './room.js';

export interface PreflightResult {
  readonly failures: readonly Failure[];
  readonly warnings: readonly { readonly host: string; readonly message: string }[];
}

/** All problems of all hosts, before anything is changed. Pure. */
export function preflight(
  inventory: Inventory,
  facts: ReadonlyMap<string, HostFacts>,
  steps: readonly Step[],
  desired: Pick<Desired, 'hosts'>,
  settled?: Pick<Settled, 'proxyMode'>,
): PreflightResult {
  const failures: Failure[] = [];
  const warnings: { host: string; message: string }[] = [];
  for (const host of inventory.spec.hosts) {
    const fact = facts.get(host.name);
    if (fact === undefined) continue;
    const own = stepsOn(steps, host.name);
    const wanted = desired.hosts.find((one) => one.host === host.name)?.resources ?? [];
    const input = {
      host,
      facts: fact,
      inventory,
      proxyMode: settled?.proxyMode,
      all: facts,
      fresh: isFresh(fact),
      incoming: roomFor(own, fact, wanted),
      writes: own.flatMap(({ action }) => ('path' in action ? [action.path] : [])),
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
