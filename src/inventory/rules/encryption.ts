import type { Draft } from '../draft.js';
import { isEncryptionFlag } from '../hardening/encryption-wishes.js';
import type { Finding } from '../reading/finding.js';
import type { Rule } from './rule.js';

/** What an API server would not take, what nobody could count in etcd, and what is said twice. */
export const encryptionRule: Rule = (draft) => [...besideFlags(draft), ...resources(draft)];

function besideFlags({ spec }: Draft): readonly Finding[] {
  const provider = spec?.encryption?.provider;
  if (provider === undefined || provider === 'identity') return [];
  return (spec?.apiServer?.extraArgs ?? []).flatMap((arg, index): Finding[] =>
    isEncryptionFlag(arg?.name ?? '')
      ? [
          {
            path: ['spec', 'apiServer', 'extraArgs', index, 'name'],
            found: `the flag ${arg!.name} beside spec.encryption`,
            expected:
              'one of the two: without the flag, podstrap takes over the keys that the control planes have',
          },
        ]
      : [],
  );
}

/** Core resources whose place in etcd is known; everything else of Kubernetes' own is no place for secrets. */
const ofCore = ['secrets', 'configmaps'];
const custom = /^[a-z][a-z0-9-]*\.(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;
const reserved = /\.k8s\.io$|\.kubernetes\.io$/;

function resources({ spec }: Draft): readonly Finding[] {
  const named = spec?.encryption?.resources ?? [];
  return named.flatMap((name, index): Finding[] => {
    if (name === undefined) return [];
    const path = ['spec', 'encryption', 'resources', index];
    if (named.indexOf(name) !== index)
      return [{ path, found: `${name} again`, expected: 'each resource once' }];
    return ofCore.includes(name) || (custom.test(name) && !reserved.test(name))
      ? []
      : [
          {
            path,
            found: name,
            expected: 'secrets, configmaps, or a custom resource with its group, such as tokens.example.com',
          },
        ];
  });
}
