import type { DesiredInput } from '../desired/desired-input.js';
import type { Desired } from '../desired/resource.js';
import type { HostFacts } from '../observed/facts.js';
import { keptPairs } from '../plan/diff/kept-pairs.js';
import type { Session } from './session.js';

/**
 * What desired state is made from, so that pairs stay that another operator with a copy of the keystore has renewed; the
 * very same where there are none. Which those are is noted in the keystore.
 * @param ours what would be wanted without that
 */
export async function keepingOthers(
  { inventory, keys, now, noteKept }: Pick<Session, 'inventory' | 'keys' | 'now' | 'noteKept'>,
  input: DesiredInput,
  ours: Desired,
  facts: ReadonlyMap<string, HostFacts>,
): Promise<DesiredInput> {
  const keptOn = keptPairs(inventory, keys, now());
  const kept = ours.hosts.flatMap((host) => keptOn(host, facts.get(host.host)!));
  await noteKept?.([...facts.keys()], kept);
  if (kept.length === 0) return input;
  const traits = { ...input.traits };
  for (const { host, files } of kept)
    traits[host] = { ...traits[host]!, kept: { ...traits[host]?.kept, ...files } };
  return { ...input, traits };
}
