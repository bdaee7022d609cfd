import type { Draft } from '../draft.js';
import { formatPath, type Path } from '../path.js';
import type { Expanded } from '../reading/document-kinds.js';
import type { Finding } from '../reading/finding.js';
import type { Source } from '../reading/source.js';
import type { FleetDraft } from './fleet.js';
import { grouped, isIn } from './grouped-hosts.js';
import { type ListedHost, loadHosts } from './load-hosts.js';

/** Something that two hosts may not share, and where it stands. */
interface Held {
  readonly value: string | undefined;
  readonly path: Path;
  readonly place?: ListedHost['place'];
}

/** A fleet with the hosts of the lists that it names, each with what its groups give it. */
export function expandFleet(cluster: Draft, source: Source): Expanded {
  const draft = cluster as unknown as FleetDraft;
  const { files, run, directory, environment } = source;
  const from = { directory, home: environment['HOME'] };
  const { hosts: listed, findings } =
    source.listed !== undefined
      ? { hosts: source.listed, findings: [] }
      : files === undefined
        ? { hosts: [], findings: [] }
        : loadHosts(draft, files, run, from);
  const own = draft.spec?.hosts ?? [];
  const groups = draft.spec?.groups ?? [];
  const hosts = [...own, ...listed.map(({ host }) => host)].map((host) => host && grouped(groups, host));
  const isUnread = files === undefined || (run === undefined && source.listed === undefined);
  const mayBeMore = (draft.spec?.hostsFrom ?? []).length > 0 && (isUnread || findings.length > 0);
  return {
    listed,
    draft: { ...draft, spec: { ...draft.spec, hosts } } as unknown as Draft,
    findings: [
      ...findings,
      ...(hosts.length > 0 || mayBeMore ? [] : [nobody]),
      ...twice(
        'name',
        held(draft, listed, ({ name }) => name),
      ),
      ...twice(
        'address',
        held(draft, listed, ({ address, ssh }) =>
          address === undefined ? undefined : `${address} ${ssh?.port ?? draft.spec?.ssh?.port ?? 22}`,
        ),
      ),
      ...(mayBeMore ? [] : groups.flatMap((group, index) => checkGroup(draft, hosts, group, index))),
    ],
  };
}

const nobody: Finding = {
  path: ['spec', 'hosts'],
  found: 'no host',
  expected: 'at least one, here or in a list that spec.hostsFrom names',
};

type DraftHost = NonNullable<NonNullable<NonNullable<FleetDraft['spec']>['hosts']>[number]>;

const held = (
  { spec }: FleetDraft,
  listed: readonly ListedHost[],
  told: (host: DraftHost) => string | undefined,
): readonly Held[] => [
  ...(spec?.hosts ?? []).map((host, index) => ({
    value: host && told(host),
    path: ['spec', 'hosts', index],
  })),
  ...listed.map(({ host, place }) => ({ value: told(host), path: [], place })),
];

function twice(field: 'name' | 'address', all: readonly Held[]): readonly Finding[] {
  const first = new Map<string, Held>();
  return all.flatMap((one): Finding[] => {
    if (one.value === undefined) return [];
    const before = first.get(one.value);
    if (before === undefined) {
      first.set(one.value, one);
      return [];
    }
    const where =
      before.place === undefined ? formatPath(before.path) : `${before.place.file}:${before.place.line}`;
    return [
      {
        path: [...one.path, field],
        ...(one.place === undefined ? {} : { place: one.place }),
        found: `${one.value.split(' ')[0]}, as the host of ${where}`,
        expected: `a different ${field} for each host`,
      },
    ];
  });
}

function checkGroup(
  { spec }: FleetDraft,
  hosts: readonly (DraftHost | undefined)[],
  group: NonNullable<NonNullable<FleetDraft['spec']>['groups']>[number],
  index: number,
): readonly Finding[] {
  if (group === undefined) return [];
  const path = ['spec', 'groups', index];
  const same = (spec?.groups ?? []).findIndex((one) => one?.name !== undefined && one.name === group.name);
  const repeated: Finding[] =
    same < index && same >= 0
      ? [{ path: [...path, 'name'], expected: 'a different name for each group' }]
      : [];
  const unknown = (group.hosts ?? []).flatMap((name, at): Finding[] =>
    name === undefined || hosts.some((host) => host?.name === name)
      ? []
      : [{ path: [...path, 'hosts', at], expected: 'the name of a host' }],
  );
  if (group.hosts === undefined && group.matchLabels === undefined && group.matchExpressions === undefined)
    return [
      ...repeated,
      { path, found: 'a group that does not say which hosts are in it', expected: 'hosts or matchLabels' },
    ];
  const isEmpty = !hosts.some((host) => host !== undefined && isIn(group, host));
  const empty: Finding[] =
    isEmpty && group.allowEmpty !== true && unknown.length === 0
      ? [{ path, found: 'a group that no host is in', expected: 'at least one host, or allowEmpty: true' }]
      : [];
  return [...repeated, ...unknown, ...empty];
}
