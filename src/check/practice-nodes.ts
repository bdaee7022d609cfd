import type { Kube } from '../cluster/kube.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { type CheckResult, checkKinds } from './check-report.js';

/** What the nodes of practice hosts say that they run. */
export const practiceImage = 'podstrap practice host';

type Node = ApiObject & { readonly status?: { readonly nodeInfo?: { readonly osImage?: string } } };

/** True where nodes are practice hosts: they run podstrap's static pods, in miniature, and no others. */
export const arePractice = async (kube: Kube): Promise<boolean> =>
  ((await kube.list('Node')) as readonly Node[]).some(
    ({ status }) => status?.nodeInfo?.osImage === practiceImage,
  );

const said = 'practice hosts run no pods but podstrap’s own, so this can only be asked on real hosts';

/** What cannot be asked there: whatever a pod or a controller would have to answer. */
export const notAsked = ({ spec }: Inventory): readonly CheckResult[] =>
  checkKinds.flatMap(({ name, asks }): readonly CheckResult[] => {
    const result = { check: name, result: 'skipped', seconds: 0, said } as const;
    if (name === 'disruption-budget') return [result];
    return asks === 'pod' ? spec.hosts.map((host) => ({ ...result, node: host.name })) : [];
  });
