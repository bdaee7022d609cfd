import type { Failure } from '../../failure.js';
import type { Plan, Step } from '../../plan/step.js';
import type { Survey } from '../../survey/survey.js';
import type { Crew } from '../crew.js';
import { stage } from '../stage.js';
import { bringAddons } from './addons.js';
import { awaitNodes } from './await-nodes.js';
import { type AppliedObject, addonOf, awaitWorkloads } from './await-workloads.js';
import { readyKube } from './ready-kube.js';

/**
 * Brings the addons of the inventory, once the control plane is done and noted as such, and waits until what this run
 * applied runs. Nothing that goes wrong here undoes anything.
 * @param changed more that this run applied and that is waited for
 */
export async function finishAddons(
  crew: Crew,
  { desired, situation }: Pick<Survey, 'desired' | 'situation'>,
  plan: Pick<Plan, 'steps' | 'uncompared'>,
  changed: readonly AppliedObject[],
): Promise<{ readonly steps: readonly Step[]; readonly failed: readonly Failure[] }> {
  const isNew = situation.kind !== 'live' && desired.manifests.length > 0;
  const isPlanned = plan.steps.some(({ phase }) => phase === 'addons') || plan.uncompared !== undefined;
  if (!isNew && !isPlanned && changed.length === 0) return { steps: [], failed: [] };
  return stage(crew.session, 'addons', async () => {
    const kube = await readyKube(crew, { doing: 'Applying the addons' });
    try {
      const brought = await bringAddons(crew, kube, desired.manifests, plan.steps);
      const broken = await awaitWorkloads(crew, kube, [...brought.applied, ...changed]);
      const failed = [...brought.failed, ...broken];
      const connects = failed.length === 0 && bringsNetwork(crew, brought.applied);
      return { steps: brought.steps, failed: connects ? await awaitNodes(crew, kube) : failed };
    } finally {
      kube.close();
    }
  });
}

/** True when something of the addons that connect the pods was applied. */
const bringsNetwork = ({ session }: Crew, applied: readonly AppliedObject[]): boolean =>
  session.inventory.addons.some(
    ({ name, network }) => network && applied.some(({ of }) => of === addonOf(name)),
  );
