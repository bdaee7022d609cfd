import { openRemoval } from '../../stories/fleet/remove-hosts.js';
import { runReset } from '../../stories/reset.js';
import type { Session } from '../../survey/session.js';
import { askFirst } from '../ask/ask-first.js';
import type { Desk } from '../ask/desk.js';
import type { GlobalOptions } from '../options.js';
import { describeReset } from './reset.js';

/** Puts hosts back that have left the inventory of a fleet, once somebody who was asked says yes. */
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
        {
          doing: `Asking whether to put ${names.join(', ')} back`,
          next: 'Add --yes when you are sure.',
          shown: () => describeReset(removal.reset),
          question: `Delete all this on ${names.join(', ')}?`,
          declined: 'Asking before a removal',
        },
        options,
        desk,
      );
    await runReset(removal.session, site, removal.reset);
  } finally {
    await site.close();
  }
}
