import { type FlaggedProgram, flagsOf, isKnownMinor, gatesOf as knownGates } from '../../kubernetes/known.js';
import { etcdExperimental, idleKubeletFields, type Program, removals } from '../../kubernetes/removals.js';
import { parseVersion } from '../../kubernetes/version.js';
import { isSupported, release } from '../../kubernetes/versions.js';
import { didYouMean } from '../did-you-mean.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { type Given, givenFlags, givenKubelets } from './given-flags.js';
import type { Rule } from './rule.js';

/** Flags, feature gates and fields that the wanted version does not know, or no longer: its programs would not start with them. */
export const removedRule: Rule = (draft) => {
  const version = draft.spec?.kubernetesVersion;
  if (version === undefined || !isSupported(version)) return [];
  const { minor, tags } = release(version);
  const etcd = parseVersion(draft.spec?.etcd?.local?.imageTag ?? tags.etcd);
  return [
    ...givenFlags(draft).flatMap((one) => [
      ...goneFlags(one, minor),
      ...unknownFlags(one, minor),
      ...gatesOf(one, minor),
    ]),
    ...givenFlags(draft).flatMap((one) => (etcd ? experimental(one, etcd.minor) : [])),
    ...givenKubelets(draft).flatMap(({ path, config }) => inConfig([...path, 'config'], config ?? {}, minor)),
  ];
};

/** What went before the first supported minor is noted there as well. */
const earliest = Math.min(...Object.keys(removals).map(Number));

const upTo = (minor: number) =>
  Object.entries(removals).flatMap(([since, gone]) => (Number(since) <= minor ? [{ since, ...gone }] : []));

const goneFlags = ({ program, path, args }: Given, minor: number): readonly Finding[] =>
  args.flatMap((arg, index) =>
    upTo(minor).flatMap(({ since, flags }) => {
      const instead = flags[program]?.[arg?.name ?? ''];
      if (instead === undefined) return [];
      const when = Number(since) === earliest ? `v1.${since} or before` : `v1.${since}`;
      const found = `${program} has had no flag ${arg!.name} since ${when}`;
      return [{ path: [...path, index, 'name'], found, expected: instead }];
    }),
  );

/** etcd's flags come with its own versions. */
const isFlagged = (program: Program): program is FlaggedProgram => program !== 'etcd';

function unknownFlags({ program, path, args }: Given, minor: number): readonly Finding[] {
  if (!isFlagged(program) || !isKnownMinor(minor)) return [];
  const known = flagsOf(program, minor);
  const gone = new Set(upTo(minor).flatMap(({ flags }) => Object.keys(flags[program] ?? {})));
  return args.flatMap((arg, index) =>
    arg?.name === undefined || known.has(arg.name) || gone.has(arg.name)
      ? []
      : [
          {
            path: [...path, index, 'name'],
            found: `${program} v1.${minor} has no flag ${arg.name}`,
            expected: 'a flag that it has: it exits when it is given another',
            // A build of somebody's own may have more.
            severity: 'warning',
            hint: didYouMean(arg.name, [...known]),
          },
        ],
  );
}

const experimental = ({ program, path, args }: Given, etcdMinor: number): readonly Finding[] =>
  program !== 'etcd' || etcdMinor < etcdExperimental.goneIn
    ? []
    : args.flatMap((arg, index) => {
        if (arg?.name?.startsWith(etcdExperimental.prefix) !== true) return [];
        const now = arg.name.slice(etcdExperimental.prefix.length);
        const found = `etcd has had no --${etcdExperimental.prefix}* flags since 3.${etcdExperimental.goneIn}`;
        return [{ path: [...path, index, 'name'], found, expected: `${now}, or its entry in feature-gates` }];
      });

/** Gates as `--feature-gates` takes them; etcd has gates of its own. */
const gatesOf = ({ program, path, args }: Given, minor: number): readonly Finding[] =>
  program === 'etcd'
    ? []
    : args.flatMap((arg, index) =>
        arg?.name !== 'feature-gates'
          ? []
          : (arg.value ?? '')
              .split(',')
              .flatMap((gate) => goneGate([...path, index, 'value'], gate.split('=')[0]!.trim(), minor)),
      );

function inConfig(path: Path, config: Readonly<Record<string, unknown>>, minor: number): readonly Finding[] {
  const gates = Object.keys((config['featureGates'] as object | undefined) ?? {});
  const idle = Object.keys(config).filter((field) => (idleKubeletFields[field] ?? Infinity) <= minor);
  return [
    ...gates.flatMap((gate) => goneGate([...path, 'featureGates', gate], gate, minor)),
    ...idle.map(
      (field): Finding => ({
        path: [...path, field],
        found: `the kubelet has ignored this field since v1.${idleKubeletFields[field]}, and a later one may refuse it`,
        expected: 'leave it out',
        severity: 'warning',
      }),
    ),
  ];
}

function goneGate(path: Path, gate: string, minor: number): readonly Finding[] {
  const since = upTo(minor).find(({ gates }) => gates.includes(gate))?.since;
  if (since !== undefined)
    return [
      {
        path,
        found: `the feature gate ${gate} was removed in v1.${since}`,
        expected: 'leave it out: the feature is settled, and a program that is given it exits',
      },
    ];
  const known = isKnownMinor(minor) ? knownGates(minor) : new Set([gate]);
  if (known.has(gate)) return [];
  return [
    {
      path,
      found: `v1.${minor} has no feature gate ${gate}`,
      expected: 'a gate that it has: a program that is given another exits',
      hint: didYouMean(gate, [...known]),
    },
  ];
}
