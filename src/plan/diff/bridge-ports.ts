import { withServers } from '../../desired/pods/load-balancer.js';
import type { Desired, FileResource } from '../../desired/resource.js';
import { bracket } from '../../host/bracket.js';
import { paths } from '../../host/paths.js';
import { apiServerOn, controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { HostFacts } from '../../observed/facts.js';
import { digestOf } from '../../secrets/digest.js';
import type { Step } from '../step.js';
import { replacesFile, textDiff } from './diff-file.js';

/** Steps, and the contents that they write, by digest. */
export interface Bridge {
  readonly steps: readonly Step[];
  readonly contents: ReadonlyMap<string, string>;
}

/**
 * While API servers go to another port, one after another, the balancers of workers know both: each leads to whoever is
 * ready. They get that before the first one goes, and the configuration of afterwards in their worker's own turn. Pure.
 */
export function bridgePorts(
  inventory: Inventory,
  desired: Desired,
  facts: ReadonlyMap<string, HostFacts>,
): Bridge {
  const needed = controlPlanes(inventory).flatMap((host) => {
    const now = facts.get(host.name)?.apiPort;
    const wanted = inventory.spec.apiServer.bindPort;
    if (now === undefined || now === wanted) return [];
    const before = { name: `${host.name}-${now}`, address: `${bracket(host.advertiseAddress)}:${now}` };
    return [before, { name: `${host.name}-${wanted}`, address: apiServerOn(inventory, host) }];
  });
  const contents = new Map<string, string>();
  if (needed.length === 0) return { steps: [], contents };
  const steps = desired.hosts.flatMap(({ host, resources }): Step[] => {
    const wanted = resources.find(
      (one): one is FileResource => one.kind === 'file' && one.path === paths.balancerConfig,
    );
    const fact = facts.get(host)?.files[paths.balancerConfig];
    if (wanted === undefined || fact === undefined) return [];
    const there = fact.sha256 === digestOf(wanted.content) ? String(wanted.content) : fact.content;
    const both = there && withServers(there, needed);
    if (!both || both === there) return [];
    const sha256 = digestOf(both);
    contents.set(sha256, both);
    return [
      {
        host,
        phase: 'peers',
        action: { do: 'write-file', path: wanted.path, mode: wanted.mode, sha256, secret: false },
        reason: `API servers move to port ${inventory.spec.apiServer.bindPort}: until they are there it leads to both`,
        ...replacesFile(fact),
        diff: textDiff(wanted.path, there, both),
      },
    ];
  });
  return { steps, contents };
}
