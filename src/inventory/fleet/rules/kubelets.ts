import type { Path } from '../../path.js';
import type { Finding } from '../../reading/finding.js';
import { givenKubelets } from '../../rules/given-flags.js';
import type { Rule } from '../../rules/rule.js';

/** A field of KubeletConfiguration that cannot be had without an API, or opens a door. */
interface Limit {
  readonly field: Path;
  readonly allows: (value: unknown) => boolean;
  readonly expected: string;
}

const limits: readonly Limit[] = [
  {
    field: ['authentication', 'webhook', 'enabled'],
    allows: (value) => value === false,
    expected: 'false, or leave it out: there is no API to ask',
  },
  {
    field: ['authentication', 'anonymous', 'enabled'],
    allows: (value) => value === false,
    expected: 'false, or leave it out: everybody on the host would be root',
  },
  {
    field: ['authentication', 'x509', 'clientCAFile'],
    allows: () => false,
    expected: 'leave it out: whom the kubelet admits is the fleet’s own authority',
  },
  {
    field: ['authorization', 'mode'],
    allows: (value) => value === 'AlwaysAllow',
    expected: 'AlwaysAllow, or leave it out: there is no API to ask',
  },
  {
    field: ['address'],
    allows: (value) => value === '127.0.0.1' || value === '::1',
    expected: '127.0.0.1, or leave it out: it is reached through SSH alone',
  },
  {
    field: ['readOnlyPort'],
    allows: (value) => value === 0,
    expected: '0, or leave it out: it would be open to everybody',
  },
  {
    field: ['serverTLSBootstrap'],
    allows: (value) => value === false,
    expected: 'leave it out: there is no API that could sign',
  },
];

/** Flags of a kubelet that is a node of a cluster. */
const flags = ['register-node', 'register-with-taints'];

/** A kubelet without an API asks nobody and lets nobody in but the operator. */
export const fleetKubeletsRule: Rule = (draft) =>
  givenKubelets(draft).flatMap(({ path, config, extraArgs }): readonly Finding[] => [
    ...limits.flatMap(({ field, allows, expected }): Finding[] => {
      const value = valueAt(config, field);
      return value === undefined || allows(value) ? [] : [{ path: [...path, 'config', ...field], expected }];
    }),
    ...(extraArgs ?? []).flatMap((flag, index): Finding[] =>
      flag?.name !== undefined && flags.includes(flag.name)
        ? [
            {
              path: [...path, 'extraArgs', index, 'name'],
              found: `the flag ${flag.name}, which is for nodes of a cluster`,
              expected: 'leave it out: hosts of a fleet have no API',
            },
          ]
        : [],
    ),
  ]);

const valueAt = (whole: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step],
    whole,
  );
