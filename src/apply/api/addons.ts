import { type Kube, objectName } from '../../cluster/kube.js';
import { addonRecord, marked, recordedIn, recordOf } from '../../desired/objects/addon-marks.js';
import { Failure, isOfOneThing } from '../../failure.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import { groupOf, isBuiltInGroup } from '../../kubernetes/api-kinds.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { identityOf } from '../../kubernetes/identity-of.js';
import { type AddonsView, viewAddons } from '../../observed/views/addon-view.js';
import { diffAddon, diffRecord, pruneAddon } from '../../plan/diff/diff-addon.js';
import { type Step, stepKey } from '../../plan/step.js';
import { missing, poll, well } from '../../verify/poll.js';
import { isAwaited, lookAtWorkload } from '../../verify/workload.js';
import { type Crew, checkpoint, tellStep } from '../crew.js';
import { patiently } from '../patiently.js';
import { awaitDeletions, type HeldUp } from './await-gone.js';
import { type AppliedObject, addonOf } from './await-workloads.js';
import { isGround, removeAddons } from './remove-addons.js';

/** What became of the addons. */
export interface BroughtAddons {
  readonly steps: readonly Step[];
  readonly applied: readonly AppliedObject[];
  /** The control plane is none the worse for any of it. */
  readonly failed: readonly Failure[];
}

/** What one object of an addon came to. */
type Outcome = { readonly steps: readonly Step[]; readonly failed?: Failure };

/**
 * Applies the manifests of addons: what others need first (namespaces, definitions of kinds), then network plugins, then
 * the rest, and last the objects of kinds that are not Kubernetes' own. Then removes what left the inventory.
 * @param planned what left is removed only where these steps say so
 */
export async function bringAddons(
  crew: Crew,
  kube: Kube,
  wanted: readonly AddonObject[],
  planned: readonly Step[],
): Promise<BroughtAddons> {
  const view = await patiently(crew, () => viewAddons(kube, wanted));
  const changing = wanted.filter((one) => stepsFor(one, view).length > 0);
  const approved = new Set(planned.map(stepKey));
  const isApproved = (object: ApiObject) => pruneAddon(object).some((step) => approved.has(stepKey(step)));
  const leaving = view.leftOver.filter(isApproved);
  // When the API could not be asked before, nobody has approved anything: the next run must find it.
  const postponed = view.leftOver.filter((object) => pruneAddon(object).length > 0 && !isApproved(object));
  const objects = [...wanted.map(({ object }) => object), ...postponed];
  const steps = [...diffRecord(objects, view.record)];
  if (steps.length + changing.length + leaving.length === 0) return { steps: [], applied: [], failed: [] };
  await keepRecord(crew, kube, view, [...objects, ...recordedIn(view.record)]);
  const { heldUp, failed: stuck } = await awaitDeletions(crew, kube, heldUpOf(changing, view));
  const failed: Failure[] = [...stuck];
  const applied: AppliedObject[] = [];
  const possible = changing.filter((one) => !heldUp.has(one));
  for (const wave of wavesOf(crew, possible)) {
    checkpoint(crew, 'applying more of the addons');
    const outcomes = await Promise.all(wave.map((one) => applyAddon(crew, kube, one, view)));
    for (const [index, outcome] of outcomes.entries()) {
      steps.push(...outcome.steps);
      if (outcome.failed) failed.push(outcome.failed);
      else applied.push({ object: wave[index]!.object, of: addonOf(wave[index]!.addon) });
    }
    await definitionsServed(crew, kube, wave);
  }
  checkpoint(crew, 'removing what left the addons');
  const removed = await removeAddons(crew, kube, leaving);
  steps.push(...removed.steps);
  const kept =
    removed.left.length > 0 || objects.length > 0 ? recordOf([...objects, ...removed.left]) : undefined;
  await finishRecord(crew, kube, kept);
  return { steps, applied, failed: [...failed, ...removed.failed] };
}

const stepsFor = (one: AddonObject, { sights }: AddonsView): readonly Step[] => {
  const sight = sights.get(identityOf(one.object))!;
  // What could not be looked at is tried.
  return diffAddon(one, sight.is === 'unseen' ? { is: 'absent' } : sight);
};

const heldUpOf = (changing: readonly AddonObject[], { sights }: AddonsView): readonly HeldUp[] =>
  changing.flatMap((wanted) => {
    const sight = sights.get(identityOf(wanted.object))!;
    return sight.is === 'going' ? [{ wanted, by: sight.what }] : [];
  });

/** An addon that is cut off midway must be found again. */
async function keepRecord(
  crew: Crew,
  kube: Kube,
  { record }: AddonsView,
  objects: readonly ApiObject[],
): Promise<void> {
  const known = new Set(recordedIn(record).map(identityOf));
  if (objects.every((object) => known.has(identityOf(object)))) return;
  await patiently(crew, () => kube.apply(recordOf(objects)));
}

const finishRecord = (crew: Crew, kube: Kube, record: ApiObject | undefined): Promise<void> =>
  patiently(crew, () => (record === undefined ? kube.remove(addonRecord) : kube.apply(record)));

/** Kinds by which the API server asks programs of the addon, which must run for that. */
const asking = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'APIService'];

function wavesOf({ session }: Crew, wanted: readonly AddonObject[]): readonly (readonly AddonObject[])[] {
  const networks = new Set(session.inventory.addons.filter(({ network }) => network).map(({ name }) => name));
  const rank = ({ addon, object }: AddonObject): number => {
    if (isGround(object)) return 0;
    if (!isBuiltInGroup(groupOf(object)) || asking.includes(object.kind)) return 3;
    return networks.has(addon) ? 1 : 2;
  };
  return [0, 1, 2, 3]
    .map((wave) => wanted.filter((one) => rank(one) === wave))
    .filter(({ length }) => length > 0);
}

/** A mistake in a manifest is told after this; an API server in trouble mostly says what it is. */
const unexplainedMs = 5_000;

async function applyAddon(crew: Crew, kube: Kube, one: AddonObject, view: AddonsView): Promise<Outcome> {
  const sight = view.sights.get(identityOf(one.object))!;
  const { kubernetesAPICall, addons } = crew.session.inventory.spec.timeouts;
  const installs = crew.session.inventory.addons.flatMap((addon) => addon.installs);
  const isInstalled = sight.is === 'unknown' && installs.includes(groupOf(one.object));
  try {
    const work = async () => {
      const observed = sight.is === 'there' ? sight.observed : await kube.get(one.object);
      await kube.apply(marked(one, observed));
    };
    await patiently(crew, work, isInstalled ? addons : kubernetesAPICall, unexplainedMs);
    const steps = stepsFor(one, view);
    for (const step of steps) tellStep(crew, step);
    return { steps };
  } catch (error) {
    if (!isOfOneThing(error)) throw error;
    return { steps: [], failed: refused(one, error) };
  }
}

const refused = ({ addon, place, object }: AddonObject, { said }: Failure): Failure =>
  new Failure({
    kind: 'gate',
    doing: `Applying ${objectName(object)} of addon ${addon} (${place})`,
    where: { phase: 'addons' },
    ...(said === undefined ? {} : { said }),
    next: `The control plane is done. Fix ${place}, then run \`podstrap up\` again.`,
  });

/** Objects of a kind can be made once the API server serves it. One that it never serves is told by those objects. */
async function definitionsServed({ session }: Crew, kube: Kube, wave: readonly AddonObject[]): Promise<void> {
  const definitions = wave.filter(
    ({ object }) => object.kind === 'CustomResourceDefinition' && isAwaited(object),
  );
  if (definitions.length === 0) return;
  await poll(
    async () => {
      const looks = await Promise.all(
        definitions.map(async ({ object }) => lookAtWorkload(await kube.get(object), [], new Set())),
      );
      return looks.every(({ is }) => is !== 'missing')
        ? well
        : missing('definitions of kinds are not served yet');
    },
    { timeoutMs: 15_000, onWaiting: () => undefined, signal: session.abort },
  );
}
