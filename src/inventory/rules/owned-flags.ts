import { etcdFlagOf, insteadOf } from '../../kubernetes/flag-owners.js';
import type { Draft } from '../draft.js';
import type { Finding } from '../reading/finding.js';
import { givenFlags } from './given-flags.js';
import type { Rule } from './rule.js';

/** A flag that says what a field says would contradict it: data in another place than the one that is mounted and guarded. */
export const ownedFlagsRule: Rule = (draft) => {
  const plugin = draft.spec?.networking?.plugin ?? 'routes';
  const flags = givenFlags(draft).flatMap(({ program, path, args }) =>
    args.flatMap((arg, index): readonly Finding[] => {
      const expected = insteadOf(program, arg?.name ?? '', plugin);
      if (expected === undefined) return [];
      const found = `podstrap sets the flag ${arg!.name} itself`;
      return [{ path: [...path, index, 'name'], found, expected }];
    }),
  );
  return [...flags, ...variables(draft, plugin)];
};

/** etcd reads its flags from variables as well. */
const variables = ({ spec }: Draft, plugin: string): readonly Finding[] =>
  (spec?.etcd?.local?.extraEnvs ?? []).flatMap((variable, index): readonly Finding[] => {
    const flag = etcdFlagOf(variable?.name ?? '');
    const expected = flag && insteadOf('etcd', flag, plugin);
    if (expected === undefined) return [];
    const found = `${variable!.name} is etcd’s flag ${flag}, which podstrap sets itself`;
    return [{ path: ['spec', 'etcd', 'local', 'extraEnvs', index, 'name'], found, expected }];
  });
