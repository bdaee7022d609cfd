import type { Succession } from '../plan/succession/succession.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { successionsOf } from './successions.js';

/**
 * Looks at the hosts, and at what control planes trust now and then: one whose files make no sense of that is passed over
 * like any other that is unsound.
 * @throws what looking throws, and `inventory`
 */
export async function lookAtTrust(
  session: Session,
  site: Site,
  look: () => Promise<Survey>,
): Promise<{ readonly seen: Survey; readonly successions: readonly Succession[] }> {
  for (;;) {
    const seen = await look();
    // A cluster that is down has data and tokens as well.
    if (!['live', 'down'].includes(seen.situation.kind)) return { seen, successions: [] };
    try {
      return { seen, successions: await successionsOf(session, site.transports, seen) };
    } catch (error) {
      site.setAside(error);
    }
  }
}
