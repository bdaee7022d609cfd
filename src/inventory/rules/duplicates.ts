import { posix } from 'node:path';
import ipaddr from 'ipaddr.js';
import { draftedSections } from '../component-sections.js';
import { type Draft, hostsOf } from '../draft.js';
import { formatPath, type Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { ownMounts } from './own-mounts.js';
import type { Rule } from './rule.js';

/** What only one host, or one volume of a pod, may have. */
export const duplicatesRule: Rule = (draft) => {
  const addresses = repeated(addressesOf(draft));
  return [
    ...repeated(
      hostsOf(draft).map(({ host, index }) => ({ path: ['spec', 'hosts', index, 'name'], value: host.name })),
    ),
    ...addresses,
    // Two hosts with the same address share the one they advertise as well: saying it once is enough.
    ...repeated(advertisedOf(draft)).filter(
      ({ path }) => path.at(-1) === 'advertiseAddress' || !isAmong(path, addresses),
    ),
    ...localTwice(draft),
    ...volumesTwice(draft),
    ...mountsTwice(draft),
    ...taintsTwice(draft),
  ];
};

const isAmong = (path: Path, findings: readonly Finding[]): boolean =>
  findings.some((finding) => formatPath(finding.path) === formatPath(path));

interface Value {
  readonly path: Path;
  readonly value: string | undefined;
  /** What is compared; default: the value. */
  readonly key?: string | undefined;
}

/** Two hosts may share an address behind different ports, as with forwarded ports of one bastion. */
const addressesOf = (draft: Draft): readonly Value[] =>
  hostsOf(draft).map(({ host, index }) => ({
    path: ['spec', 'hosts', index, 'address'],
    value: host.address,
    key: host.address && `${canonical(host.address)} ${host.ssh?.port ?? draft.spec?.ssh?.port ?? 22}`,
  }));

const advertisedOf = (draft: Draft): readonly Value[] =>
  hostsOf(draft).map(({ host, index }) => {
    const field = host.advertiseAddress === undefined ? 'address' : 'advertiseAddress';
    const value = host[field];
    // A name that stands for the address is a problem of its own.
    const key = value !== undefined && ipaddr.isValid(value) ? canonical(value) : undefined;
    return { path: ['spec', 'hosts', index, field], value, key };
  });

function repeated(values: readonly Value[]): readonly Finding[] {
  const keys = values.map(({ value, key = value }) => key);
  const first = new Map<string, number>();
  return values.flatMap(({ path, value }, index) => {
    const key = keys[index];
    if (key === undefined) return [];
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    const found = `${JSON.stringify(value)} is also ${formatPath(values[earlier]!.path)}`;
    return [{ path, found, expected: 'one that nothing else here uses' }];
  });
}

/** podstrap runs on one machine only. */
function localTwice(draft: Draft): readonly Finding[] {
  const local = hostsOf(draft).filter(({ host }) => host.transport === 'local');
  return local.slice(1).map(({ index }) => ({
    path: ['spec', 'hosts', index, 'transport'],
    found: `spec.hosts[${local[0]!.index}] is already the local machine`,
    expected: 'transport: local for one host at most',
  }));
}

const volumesTwice = (draft: Draft): readonly Finding[] =>
  draftedSections(draft).flatMap(({ path, section }) =>
    repeated(
      (section?.extraVolumes ?? []).map((volume, index) => ({
        path: [...path, 'extraVolumes', index, 'name'],
        value: volume?.name,
      })),
    ),
  );

/** A container has one mount at a path. What stands at podstrap's own is replaced by a volume of that name. */
const mountsTwice = (draft: Draft): readonly Finding[] =>
  draftedSections(draft).flatMap(({ component, path, section }) => {
    const volumes = section?.extraVolumes ?? [];
    const mounts = volumes.map((volume, index) => ({
      path: [...path, 'extraVolumes', index, 'mountPath'],
      name: volume?.name,
      value: volume?.mountPath,
      key: volume?.mountPath && normalPath(volume.mountPath),
    }));
    const own = ownMounts(component, draft);
    return [
      // Two of one name are one volume; that is said already.
      ...repeated(
        mounts.filter(({ name }, index) => volumes.findIndex((one) => one?.name === name) === index),
      ),
      ...mounts.flatMap((mount): Finding[] => {
        const volume = own.get(mount.key ?? '');
        return volume === undefined || mount.name === undefined || mount.name === volume
          ? []
          : [
              {
                path: mount.path,
                found: `podstrap mounts its volume ${volume} there`,
                expected: `another path, or name: ${volume} to put yours in its place`,
              },
            ];
      }),
    ];
  });

/** Two of one key and effect: an API server refuses the node. */
const taintsTwice = (draft: Draft): readonly Finding[] =>
  hostsOf(draft).flatMap(({ host, index }) =>
    repeated(
      (host.taints ?? []).map((taint, at) => ({
        path: ['spec', 'hosts', index, 'taints', at],
        value: taint?.key === undefined ? undefined : `${taint.key}:${taint.effect}`,
      })),
    ),
  );

const canonical = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address.toLowerCase();

const normalPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '');
