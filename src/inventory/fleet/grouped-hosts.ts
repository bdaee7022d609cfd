import { selects } from '../static-pods/selects.js';
import { mergeValues } from '../static-pods/template-values.js';
import type { FleetDraft } from './fleet.js';

type Group = NonNullable<NonNullable<NonNullable<FleetDraft['spec']>['groups']>[number]>;
type Labels = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

interface Grouped {
  readonly name?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly values?: Values | undefined;
}

/** Whether a group takes in a host that has these labels. */
export const isIn = ({ hosts, matchLabels, matchExpressions }: Group, host: Grouped): boolean =>
  (hosts !== undefined || matchLabels !== undefined || matchExpressions !== undefined) &&
  selects({ names: hosts, matchLabels, matchExpressions }, host);

/**
 * A host with what its groups give it, one group after another: labels where it has none of that key, which later groups see,
 * and values under its own. Pure.
 */
export function grouped<Given extends Grouped>(groups: readonly (Group | undefined)[], host: Given): Given {
  let labels: Labels = host.labels ?? {};
  let values: Values = {};
  for (const group of groups) {
    if (group === undefined || !isIn(group, { ...host, labels })) continue;
    labels = { ...labels, ...group.labels, ...host.labels };
    values = mergeValues(values, group.values ?? {});
  }
  return { ...host, labels, values: mergeValues(values, host.values ?? {}) };
}
