import { hostOf } from '../../desired/known-host.js';
import { Failure } from '../../failure.js';
import type { Session } from '../../survey/session.js';
import { type Looked, lookForReset, planReset, type Reset } from '../reset.js';
import { vanishedHosts } from './known-hosts.js';

/** The removal of hosts that a fleet's inventory no longer has. */
export interface Removal {
  /** In whose inventory there are these hosts alone. */
  readonly session: Session;
  readonly looked: Looked;
  readonly reset: Reset;
}

/**
 * Looks at hosts that have left the inventory of a fleet and that somebody has named, and plans to put them back to what they
 * were. The caller closes the site.
 * @throws Failure `usage` for a name that is none of theirs
 */
export async function openRemoval(session: Session, names: readonly string[]): Promise<Removal> {
  const { inventory, keys } = session;
  const vanished = await vanishedHosts(session);
  const unknown = names.filter((name) => !vanished.some((host) => host.name === name));
  if (unknown.length > 0) {
    const isListed = inventory.spec.hosts.some(({ name }) => name === unknown[0]);
    throw new Failure({
      kind: 'usage',
      doing: 'Choosing the hosts to remove',
      said: isListed
        ? `${unknown[0]} is in the inventory`
        : `no host that has left the inventory is called ${unknown.join(', ')}`,
      next: isListed
        ? `Take it out first. \`podstrap reset ${unknown[0]}\` empties a host that stays in it.`
        : vanished.length === 0
          ? 'All hosts that are known are in the inventory.'
          : `There are ${vanished.map(({ name }) => name).join(', ')}.`,
    });
  }
  const hosts = vanished.filter(({ name }) => names.includes(name)).map(hostOf);
  // Their keys are none of their own: only where files are matters to what is taken away.
  const [pairs = {}] = Object.values(keys.hosts);
  const theirs: Session = {
    ...session,
    inventory: { ...inventory, spec: { ...inventory.spec, hosts } },
    keys: { ...keys, hosts: Object.fromEntries(hosts.map(({ name }) => [name, pairs])) },
  };
  const looked = await lookForReset(theirs);
  try {
    const staying = inventory.spec.hosts.map(({ name }) => name);
    return { session: theirs, looked, reset: planReset(theirs, looked, names, staying) };
  } catch (error) {
    await looked.site.close();
    throw error;
  }
}
