import type { DeepPartial } from '../draft.js';
import type { Spec } from '../inventory.js';
import { brings, type RowName, rowNames } from './rows.js';

/** As much of an inventory as says what hardens its cluster; it may not have been checked yet. */
export type HardeningText = DeepPartial<
  Pick<Spec, 'profile' | 'hardening' | 'audit' | 'authentication' | 'encryption'>
>;

/**
 * What the inventory itself says of a row; undefined where it leaves it to what the cluster was made with. Pure.
 */
export function askedFor(spec: HardeningText, name: RowName): boolean | undefined {
  const ofProfile = spec.profile === undefined ? undefined : brings(spec.profile, name);
  if (name === 'anonymous') {
    const said = spec.authentication?.anonymous;
    return said === undefined ? ofProfile : said === 'health';
  }
  if (name === 'audit') {
    const said = spec.audit?.policy;
    return said === undefined ? ofProfile : said !== 'off';
  }
  if (name === 'encryption') {
    const said = spec.encryption?.provider;
    return said === undefined ? ofProfile : said !== 'identity';
  }
  return spec.hardening?.[name] ?? ofProfile;
}

/** The rows that a cluster has. @param born those with which it was made; see settled.ts */
export const wantedRows = (spec: HardeningText, born: readonly string[] = []): ReadonlySet<RowName> =>
  new Set(rowNames.filter((name) => askedFor(spec, name) ?? born.includes(name)));
