import { fixedOf } from '../desired/fixed.js';
import { knownHosts, vanishedFrom } from '../desired/known-host.js';
import { hasApi } from '../inventory/inventory.js';
import { begun } from '../plan/documents/begun.js';
import { isKnownToExist } from '../plan/situation.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';

/** Notes on the operator's machine, before the first change, what is given away and which hosts are worked on. */
export async function noteBegun(
  { inventory, record: store }: Session,
  site: Site,
  { settled, facts }: Survey,
): Promise<void> {
  const record = await store.load();
  await store.save({
    ...begun(settled, record, fixedOf(inventory)),
    cluster: inventory.metadata.name,
    hosts: [
      ...knownHosts(inventory.spec.hosts, facts, record?.hosts),
      ...site.leaving.map(({ known }) => known),
      ...(hasApi(inventory) ? [] : vanishedFrom(inventory, record?.hosts)),
    ],
    bootstrapped: isKnownToExist({ inventory, record, facts }),
  });
}
