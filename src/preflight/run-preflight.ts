import { Failures } from '../failure.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { lookForStranger } from './address-is-free.js';
import { lookBetweenHosts } from './between-hosts.js';
import { preflight } from './preflight.js';
import { lookAtUpgrade } from './upgrade.js';

/**
 * Everything that must be true before the first change, for all hosts together.
 * @throws Failures with every problem that was found
 */
export async function runPreflight(session: Session, site: Site, seen: Survey): Promise<void> {
  const { failures, warnings } = preflight(
    session.inventory,
    seen.facts,
    seen.plan.steps,
    seen.desired,
    seen.settled,
  );
  const upgrades = seen.plan.steps.some(({ action }) => action.do === 'save-snapshot');
  const all = [
    ...failures,
    ...(upgrades ? await lookAtUpgrade(session, site, seen) : []),
    ...(failures.length > 0 ? [] : await lookForStranger(session, site, seen)),
  ];
  if (all.length > 0) throw new Failures(all);
  const found = seen.situation.kind === 'new' ? await lookBetweenHosts(session, site) : [];
  for (const warning of [...warnings, ...found]) session.emit({ event: 'warning', ...warning });
}
