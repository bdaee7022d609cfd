import type { Artifacts } from '../desired/artifact.js';
import { desired } from '../desired/desired.js';
import type { DesiredInput } from '../desired/desired-input.js';
import type { Desired } from '../desired/resource.js';
import { without } from '../desired/settled.js';
import { Failures } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { checksKubelets } from '../plan/diff/checks-kubelets.js';
import { keepingOthers } from './keeping-others.js';
import type { Looked } from './look-at-all.js';
import { detailAll, refuseOtherAuthority } from './look-at-hosts.js';
import type { Site } from './open-site.js';
import type { Session } from './session.js';
import type { SettledFacts } from './settle-facts.js';
import { archOf, traitsOf } from './traits-of.js';

/** What there should be, and what was seen where it is to be. */
export interface Wanted {
  readonly artifacts: Artifacts;
  /** What is brought about; hosts that leave may still be part of it. */
  readonly desired: Desired;
  /** What there is once they have left. */
  readonly settledDesired: Desired;
  /** Facts of hosts with all that telling differences takes. */
  readonly facts: ReadonlyMap<string, HostFacts>;
}

/**
 * Makes what is wanted, and looks more closely where hosts differ from it.
 * @param partly only some hosts are to be changed
 * @throws Failure, Failures when artifacts cannot be had, or hosts have another authority
 */
export async function want(
  session: Session,
  { transports }: Site,
  looked: Looked,
  stands: SettledFacts,
  partly: boolean,
): Promise<Wanted> {
  const { facts, leaving, ways } = looked;
  const { settled, situation, encryption, refused } = stands;
  const archs = [...new Set([...facts.values()].map(archOf))];
  const artifacts = await session.artifacts(archs).catch((error: unknown) => {
    // That nobody has what is refused anyhow helps nobody.
    throw refused.length > 0 ? new Failures(refused) : error;
  });
  const input: DesiredInput = {
    inventory: only(session.inventory, facts),
    members: session.inventory.spec.hosts,
    keys: session.keys,
    artifacts: artifacts.list,
    settled,
    encryption,
    traits: traitsOfAll(session.inventory, facts),
    checksKubelets: checksKubelets(session.inventory, situation, facts, partly),
  };
  const ours = desired(input);
  const detailed = await detailAll(transports, ours, facts);
  if (session.replacesAuthority !== true) refuseOtherAuthority(detailed, session.keys);
  const keeping = await keepingOthers(session, input, ours, detailed);
  const wanted = keeping === input ? ours : desired(keeping);
  const names = leaving.map(({ name }) => name);
  const settledDesired =
    situation.kind !== 'live' || ways.size === 0
      ? wanted
      : desired({ ...keeping, settled: without(settled, names) });
  return { artifacts, desired: wanted, settledDesired, facts: detailed };
}

const traitsOfAll = ({ spec }: Inventory, facts: ReadonlyMap<string, HostFacts>) =>
  Object.fromEntries(
    spec.hosts.flatMap((host) => {
      const fact = facts.get(host.name);
      return fact === undefined ? [] : [[host.name, traitsOf(fact, host)]];
    }),
  );

/** The inventory with only the hosts that were looked at. */
const only = (inventory: Inventory, facts: ReadonlyMap<string, HostFacts>): Inventory => ({
  ...inventory,
  spec: { ...inventory.spec, hosts: inventory.spec.hosts.filter(({ name }) => facts.has(name)) },
});
