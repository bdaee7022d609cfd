import type { PhaseName } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { didYouMean } from '../inventory/did-you-mean.js';
import type { Inventory } from '../inventory/inventory.js';
import type { EtcdView } from '../observed/views/etcd-view.js';
import type { Situation } from './situation.js';
import type { Plan, Step } from './step.js';
import { partOfWaves } from './waves/part-of-waves.js';
import { rollOutRank, workerRank } from './waves/roll-out-order.js';

/** Checks the names of hosts that somebody typed. @throws Failure `usage` naming those that are not in the inventory */
export function requireKnown(inventory: Inventory, hosts: readonly string[]): void {
  const known = inventory.spec.hosts.map(({ name }) => name);
  const unknown = hosts.filter((host) => !known.includes(host));
  if (unknown.length === 0) return;
  const hint = didYouMean(unknown[0]!, known);
  throw new Failure({
    kind: 'usage',
    doing: 'Choosing hosts',
    said: `not in the inventory: ${unknown.join(', ')}${hint === undefined ? '' : `; ${hint}`}`,
    next: `The inventory has ${known.join(', ')}.`,
  });
}

/**
 * The part of a plan that is about these hosts and phases; undefined stands for all of them. A snapshot belongs to
 * whatever part changes something: it is the way back. A lost member of etcd goes before another one joins. Pure.
 */
export function partOf(
  plan: Plan,
  hosts: readonly string[] | undefined,
  phases?: readonly PhaseName[] | undefined,
): Plan {
  const { uncompared } = plan;
  const hasObjects =
    hosts === undefined && (phases?.some((phase) => phase === 'cluster' || phase === 'addons') ?? true);
  const isAbout = ({ host }: { readonly host: string }) => hosts?.includes(host) ?? true;
  const changes = plan.steps.some(isAbout);
  const joins = plan.steps.some((step) => isAbout(step) && step.action.do === 'add-etcd-learner');
  const comesAlong = ({ phase }: Step) =>
    (phase === 'snapshot' && changes) || (phase === 'lost-members' && joins);
  const steps = plan.steps.filter(
    (step) =>
      (isAbout(step) || comesAlong(step)) &&
      (hosts === undefined || step.phase !== 'leave') &&
      (phases?.includes(step.phase) ?? true),
  );
  return {
    steps,
    waves: partOfWaves(plan.waves, hosts, steps, phases !== undefined),
    strangers: plan.strangers.filter(isAbout),
    ...(uncompared && hasObjects ? { uncompared } : {}),
  };
}

/**
 * Refuses to change only `limit` where the order of a roll-out, or the forming of a cluster, forbids it. Pure.
 * @throws Failure `refused` naming the hosts that have to come along, or before
 */
export function refuseOutOfOrder(
  plan: Pick<Plan, 'steps'>,
  limit: readonly string[],
  inventory: Inventory,
  situation: Situation,
): void {
  const changing = [...new Set(plan.steps.filter(rolls).map(({ host }) => host))];
  const left = changing.filter((host) => !limit.includes(host));
  const rank = (host: string) => rollOutRank(inventory, etcdOf(situation), host);
  const isFirst = (host: string) => rank(host) < workerRank;
  const missing =
    situation.kind === 'live'
      ? left.filter((host) => limit.some((one) => changing.includes(one) && rank(host) < rank(one)))
      : inventory.spec.hosts.map(({ name }) => name).filter((host) => isFirst(host) && !limit.includes(host));
  if (missing.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing: `Limiting the changes to ${limit.join(', ')}`,
    said:
      situation.kind === 'live'
        ? `${missing.join(', ')} would have to change before: control planes come before workers, the etcd leader comes last of them, and one whose etcd does not vote first`
        : `a control plane that does not run yet starts on all its hosts together; ${missing.join(', ')} would be left out`,
    next: `Nothing was changed. Add ${missing.join(',')} to --limit, or leave --limit out.`,
  });
}

/** Images and what hosts know of one another disturb nobody; nor does what kubelets serve with, which they take up by themselves. */
const quiet: readonly PhaseName[] = ['images', 'peers', 'serving', 'lost-members', 'leave'];
const rolls = ({ host, phase }: Step): boolean => host !== '' && !quiet.includes(phase);

const nobody: EtcdView = { members: [], voting: [], leader: undefined };
const etcdOf = (situation: Situation): EtcdView => (situation.kind === 'live' ? situation.etcd : nobody);
