import { openRemoval } from '../../stories/fleet/remove-hosts.js';
import { runReset } from '../../stories/reset.js';
import type { Session } from '../../survey/session.js';
import { askFirst, type Question } from '../ask/ask-first.js';
import type { Desk } from '../ask/desk.js';
import type { GlobalOptions } from '../options.js';
import { describeReset } from './reset.js';

/** Puts hosts back that have left the inventory of a fleet, once somebody who was asked has typed their names. */
export async function removeVanished(
  session: Session,
  names: readonly string[],
  yes: boolean,
  options: GlobalOptions,
  desk: Desk,
): Promise<void> {
  const removal = await openRemoval(session, names);
  const { site } = removal.looked;
  try {
    if (!yes)
      await askFirst(
        questionOf(names, () => describeReset(removal.reset)),
        options,
        desk,
      );
    await runReset(removal.session, site, removal.reset);
  } finally {
    await site.close();
  }
}

/** A list that is short by mistake is named just as readily: only the names themselves tell that these hosts are meant. */
const questionOf = (names: readonly string[], shown: () => string): Question => {
  const typed = names.join(',');
  return {
    doing: `Asking whether to put ${names.join(', ')} back`,
    next: 'Add --yes when you are sure.',
    shown,
    question: `To delete all this, type the name${names.length === 1 ? ' of the host' : 's of the hosts'}, ${typed}`,
    typed,
    declined: 'Asking before a removal',
  };
};
