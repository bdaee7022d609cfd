import { stage } from '../apply/stage.js';
import { type CisReport, judgeCis } from '../check/cis/check-cis.js';
import { cisFacts } from '../check/cis/cis-facts.js';
import { Failure } from '../failure.js';
import { hostNamed } from '../inventory/inventory.js';
import { openSite } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';

/** What the CIS Kubernetes Benchmark says of each host, from what is there. Reads only. */
export async function checkCis(session: Session): Promise<CisReport> {
  const { inventory } = session;
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const unasked = [...site.unreachable].map(([node, failure]) => ({ node, said: failure.message }));
    const judged = await stage(session, 'look', () =>
      Promise.all(
        [...site.transports].map(async ([name, transport]) => {
          try {
            const facts = await cisFacts(transport, inventory.spec.etcd.local.dataDir);
            return judgeCis(inventory, hostNamed(inventory, name), facts);
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            unasked.push({ node: name, said: error.message });
            return [];
          }
        }),
      ),
    );
    const results = judged.flat();
    return {
      apiVersion: 'podstrap.io/v1alpha1',
      kind: 'CisReport',
      cluster: inventory.metadata.name,
      benchmark: 'cis-1.12',
      ok: unasked.length === 0 && results.every(({ result }) => result !== 'fail'),
      results,
      unasked,
    };
  } finally {
    await site.close();
  }
}
