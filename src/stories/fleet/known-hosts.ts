import { type KnownHost, vanishedFrom } from '../../desired/known-host.js';
import { Failure } from '../../failure.js';
import { hasApi } from '../../inventory/inventory.js';
import type { Session } from '../../survey/session.js';

/** Names to show of many. */
const mostNames = 10;

const listed = (hosts: readonly KnownHost[]): string =>
  `${hosts
    .slice(0, mostNames)
    .map(({ name }) => name)
    .join(', ')}${hosts.length > mostNames ? `, and ${hosts.length - mostNames} more` : ''}`;

/** The hosts of a fleet that podstrap has worked on and that its inventory no longer has. A cluster's leave it by themselves. */
export async function vanishedHosts({ inventory, record }: Session): Promise<readonly KnownHost[]> {
  if (hasApi(inventory)) return [];
  return vanishedFrom(inventory, (await record.load())?.hosts);
}

/**
 * Tells of hosts that have vanished from a fleet's inventory: they stay as they are, since a list may be short by mistake.
 * @param fewerHosts whether half as many as before are meant
 * @throws Failure `refused` when half of the fleet or more has vanished, before any host is contacted
 */
export async function judgeVanished(session: Session, fewerHosts: boolean): Promise<void> {
  const vanished = await vanishedHosts(session);
  if (vanished.length === 0) return;
  const { inventory, emit } = session;
  const left = inventory.spec.hosts.length;
  if (!fewerHosts && left <= vanished.length)
    throw new Failure({
      kind: 'refused',
      doing: 'Comparing the hosts of the fleet with those that are known',
      said: `${inventory.file} and its lists have ${left} host${left === 1 ? '' : 's'}, and ${vanished.length} that are known are not among them: ${listed(vanished)}`,
      next: 'No host was contacted. If a list came out too short, correct it; if this is intended, add `--fewer-hosts`: those hosts are left as they are.',
    });
  emit({
    event: 'warning',
    message: `no longer in the inventory, and left as they are: ${listed(vanished)}. \`podstrap up --remove ${vanished[0]!.name}\` resets such a host`,
  });
}
