import { flagName } from '../../kubernetes/flags.js';
import type { Draft } from '../draft.js';
import { type RowName, rowNames, rowOf } from '../hardening/rows.js';
import { askedFor, type HardeningText } from '../hardening/wanted-rows.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { type Given, givenFlags, givenKubelets } from './given-flags.js';
import type { Rule } from './rule.js';

/**
 * Whoever asks for a row, by its name or by that of a profile, and says the opposite elsewhere, has to say which of the two
 * is meant. What a cluster was merely made with gives way.
 */
export const hardeningRule: Rule = (draft) => {
  const spec: HardeningText = draft.spec ?? {};
  return [
    ...rowNames
      .filter((name) => askedFor(spec, name) === true)
      .flatMap((name) => [
        ...givenFlags(draft).flatMap((given) => [...flags(name, given, spec), ...plugins(name, given, spec)]),
        ...fields(name, draft, spec),
      ]),
    ...ownAudit(draft),
  ];
};

/** How to have it otherwise, for people. */
function otherwise(name: RowName, spec: HardeningText): string {
  const { field } = rowOf(name);
  if (field !== undefined) return `or another ${field}`;
  return isSwitchedOn(name, spec)
    ? `or spec.hardening without ${name}`
    : `or spec.hardening.${name}: false, since profile: ${spec.profile} asks for it`;
}

const isSwitchedOn = (name: RowName, spec: HardeningText): boolean =>
  (spec.hardening as Readonly<Record<string, boolean>> | undefined)?.[name] === true;

const plain = (name: string | undefined): string => flagName(name ?? '');

/** Of flags that are given several times the last counts. */
function flags(name: RowName, { program, path, args }: Given, spec: HardeningText): readonly Finding[] {
  const rows = program === 'kubelet' ? [] : (rowOf(name).flags?.[program] ?? []);
  return rows.flatMap(({ name: flag, value, accepts = (given: string) => given === value }): Finding[] => {
    const index = args.findLastIndex((arg) => plain(arg?.name) === flag);
    const given = args[index]?.value;
    if (given === undefined || accepts(given)) return [];
    return [
      {
        path: [...path, index, 'value'],
        found: `${flag}=${given}, against ${named(name, spec)}`,
        expected: `${value}, ${otherwise(name, spec)}`,
      },
    ];
  });
}

/** What a list of plugins, or a configuration of them, lacks that is the user's own. */
function plugins(name: RowName, { program, path, args }: Given, spec: HardeningText): readonly Finding[] {
  if (program !== 'kube-apiserver') return [];
  const { admission } = rowOf(name);
  const at = (flag: string) => args.findLastIndex((arg) => plain(arg?.name) === flag);
  const [list, off, file] = [
    at('enable-admission-plugins'),
    at('disable-admission-plugins'),
    at('admission-control-config-file'),
  ];
  const namesIn = (index: number) => (args[index]?.value ?? '').split(',').map((one) => one.trim());
  const found: Finding[] = [];
  if (admission !== undefined && list >= 0 && !namesIn(list).includes(admission))
    found.push({
      path: [...path, list, 'value'],
      found: `enable-admission-plugins without ${admission}, against ${named(name, spec)}`,
      expected: `a list with ${admission}, ${otherwise(name, spec)}`,
    });
  const plugin = admission ?? (name === 'podSecurity' ? 'PodSecurity' : undefined);
  if (plugin !== undefined && off >= 0 && namesIn(off).includes(plugin))
    found.push({
      path: [...path, off, 'value'],
      found: `disable-admission-plugins with ${plugin}, against ${named(name, spec)}`,
      expected: `a list without ${plugin}, ${otherwise(name, spec)}`,
    });
  if (file >= 0 && (name === 'podSecurity' || name === 'eventRateLimit'))
    found.push({
      path: [...path, file],
      found: `a configuration of admission plugins of your own, against ${named(name, spec)}`,
      expected: `no such flag, ${otherwise(name, spec)}`,
    });
  return found;
}

const named = (name: RowName, spec: HardeningText): string =>
  isSwitchedOn(name, spec)
    ? `spec.hardening.${name}`
    : spec.profile === undefined
      ? `${rowOf(name).field}`
      : `profile: ${spec.profile} (${name})`;

function fields(name: RowName, draft: Draft, spec: HardeningText): readonly Finding[] {
  const rows = Object.entries(rowOf(name).kubelet ?? {});
  return givenKubelets(draft).flatMap(({ path, config }) =>
    rows.flatMap(([field, { value, accepts = (given: unknown) => given === value }]): Finding[] => {
      const given = config?.[field];
      if (given === undefined || accepts(given)) return [];
      return [
        {
          path: [...path, 'config', field],
          found: `${JSON.stringify(given)}, against ${named(name, spec)}`,
          expected: `${JSON.stringify(value)}, ${otherwise(name, spec)}`,
        },
      ];
    }),
  );
}

/** Flags that the fields of `spec.audit` stand for. */
const auditFlags = [
  'audit-policy-file',
  'audit-log-path',
  'audit-log-maxage',
  'audit-log-maxbackup',
  'audit-log-maxsize',
];

/** With `spec.audit` there is one place where the audit log is told of. */
function ownAudit(draft: Draft): readonly Finding[] {
  const path: Path = ['spec', 'apiServer', 'extraArgs'];
  const policy = draft.spec?.audit?.policy;
  const { audit } = draft.spec ?? {};
  if (audit === undefined || policy === 'off') return [];
  return (draft.spec?.apiServer?.extraArgs ?? []).flatMap((arg, index): Finding[] =>
    auditFlags.includes(plain(arg?.name))
      ? [
          {
            path: [...path, index, 'name'],
            found: `the flag ${arg!.name} beside spec.audit`,
            expected: 'one of the two: spec.audit has a policy, maxAge, maxBackup and maxSize',
          },
        ]
      : [],
  );
}
