import { flagName } from '../../kubernetes/flags.js';
import type { Draft } from '../draft.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { Rule } from './rule.js';

const base: Path = ['spec', 'authentication'];

/**
 * What an API server would not start with, by Kubernetes’ own rules (pkg/kubeapiserver/options, and pkg/apis/apiserver/validation of
 * k8s.io/apiserver). Expressions are for the API server to judge, and for the gate.
 */
export const authenticationRule: Rule = (draft) => [...besideFlags(draft), ...issuers(draft)];

/** A file of authentication excludes flags that say the same. */
function besideFlags({ spec }: Draft): readonly Finding[] {
  const jwt = (spec?.authentication?.jwt ?? []).length > 0;
  const health = spec?.authentication?.anonymous === 'health';
  if (!jwt && !health) return [];
  return (spec?.apiServer?.extraArgs ?? []).flatMap((arg, index): Finding[] => {
    const name = flagName(arg?.name ?? '');
    const path = ['spec', 'apiServer', 'extraArgs', index, 'name'];
    const found = `the flag ${arg?.name} beside spec.authentication, with which an API server does not start`;
    if (name.startsWith('oidc-'))
      return [
        { path, found, expected: 'the same issuer in spec.authentication.jwt, or no spec.authentication' },
      ];
    if (name === 'authentication-config')
      return [{ path, found, expected: 'all of it in spec.authentication, or all of it in that file' }];
    if (name === 'anonymous-auth' && health)
      return [{ path, found, expected: 'no such flag, or spec.authentication without anonymous' }];
    return [];
  });
}

type Jwt = NonNullable<NonNullable<NonNullable<NonNullable<Draft['spec']>['authentication']>['jwt']>[number]>;

function issuers({ spec }: Draft): readonly Finding[] {
  const all = spec?.authentication?.jwt ?? [];
  const seen = new Set<string>();
  return all.flatMap((one, index): readonly Finding[] => {
    if (one === undefined) return [];
    const path: Path = [...base, 'jwt', index];
    const { url, discoveryURL } = one.issuer ?? {};
    const twice = [url, discoveryURL].filter((text) => text !== undefined && seen.has(text));
    for (const text of [url, discoveryURL]) if (text !== undefined) seen.add(text);
    return [
      ...twice.map(() => ({
        path: [...path, 'issuer', 'url'],
        found: 'an issuer that is there already',
        expected: 'each issuer once, with all that is said of it',
      })),
      ...issuer([...path, 'issuer'], one.issuer),
      ...mappings([...path, 'claimMappings'], one.claimMappings),
      ...rules([...path, 'claimValidationRules'], one.claimValidationRules),
    ];
  });
}

function issuer(path: Path, said: Jwt['issuer']): readonly Finding[] {
  const { url, discoveryURL, audiences, audienceMatchPolicy } = said ?? {};
  const trimmed = (text: string) => text.replace(/\/+$/, '');
  const given = (audiences ?? []).filter((one) => one !== undefined);
  return [
    ...urlFindings([...path, 'url'], url),
    ...urlFindings([...path, 'discoveryURL'], discoveryURL),
    ...(url !== undefined && discoveryURL !== undefined && trimmed(url) === trimmed(discoveryURL)
      ? [{ path: [...path, 'discoveryURL'], expected: 'another URL than `url`, or no such field' }]
      : []),
    ...(new Set(given).size < given.length
      ? [{ path: [...path, 'audiences'], expected: 'each audience once' }]
      : []),
    ...(given.length > 1 && audienceMatchPolicy === undefined
      ? [{ path: [...path, 'audienceMatchPolicy'], expected: 'MatchAny, since there are several audiences' }]
      : []),
  ];
}

function urlFindings(path: Path, text: string | undefined): readonly Finding[] {
  if (text === undefined) return [];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const sound =
    url !== undefined &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    !text.includes('?') &&
    !text.includes('#');
  return sound ? [] : [{ path, expected: 'a URL with https://, without user, query and fragment' }];
}

function mappings(path: Path, said: Jwt['claimMappings']): readonly Finding[] {
  if (said === undefined) return [];
  const keys = (said.extra ?? []).map((one) => one?.key);
  return [
    ...either([...path, 'username'], said.username, true),
    ...either([...path, 'groups'], said.groups, false),
    ...(said.uid?.claim !== undefined && said.uid.expression !== undefined
      ? [{ path: [...path, 'uid'], found: 'claim and expression', expected: 'one of the two' }]
      : []),
    ...keys.flatMap((key, index): Finding[] =>
      key === undefined ||
      (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/\S+$/.test(key) &&
        key === key.toLowerCase() &&
        !/^([^/]+\.)?(kubernetes|k8s)\.io\//.test(key) &&
        keys.indexOf(key) === index)
        ? []
        : [
            {
              path: [...path, 'extra', index, 'key'],
              expected:
                'a key in lower case with a domain that is not Kubernetes’, each once, such as example.com/team',
            },
          ],
    ),
  ];
}

function either(
  path: Path,
  said:
    | {
        readonly claim?: string | undefined;
        readonly expression?: string | undefined;
        readonly prefix?: string | undefined;
      }
    | undefined,
  needed: boolean,
): readonly Finding[] {
  const { claim, expression, prefix } = said ?? {};
  if (claim !== undefined && expression !== undefined)
    return [{ path, found: 'claim and expression', expected: 'one of the two' }];
  if (claim === undefined && expression === undefined)
    return needed && said !== undefined ? [{ path, found: 'neither', expected: 'claim, or expression' }] : [];
  if (claim !== undefined && prefix === undefined)
    return [{ path: [...path, 'prefix'], expected: 'what stands before the claim, "" for nothing' }];
  if (expression !== undefined && prefix !== undefined)
    return [
      { path: [...path, 'prefix'], expected: 'no prefix beside an expression, which can have it in itself' },
    ];
  return [];
}

function rules(path: Path, said: Jwt['claimValidationRules']): readonly Finding[] {
  return (said ?? []).flatMap((rule, index): Finding[] => {
    if (rule === undefined) return [];
    const at = [...path, index];
    const { claim, expression, message, requiredValue } = rule;
    if ((claim === undefined) === (expression === undefined))
      return [
        {
          path: at,
          found: claim === undefined ? 'neither' : 'claim and expression',
          expected: 'claim, or expression',
        },
      ];
    if (claim !== undefined && message !== undefined)
      return [{ path: [...at, 'message'], expected: 'no message beside a claim' }];
    if (expression !== undefined && requiredValue !== undefined && requiredValue !== '')
      return [{ path: [...at, 'requiredValue'], expected: 'no requiredValue beside an expression' }];
    return [];
  });
}
