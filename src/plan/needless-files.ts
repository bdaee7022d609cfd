import { etcdPairs } from '../desired/hardening/etcd-user.js';
import type { DesiredHost } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import type { HostFacts } from '../observed/facts.js';
import { etcdPairPlace } from '../pki/certificate-places.js';
import type { Step } from './step.js';

interface Needed {
  readonly path: string;
  /** Why it goes. */
  readonly goes: string;
  /** The static pod that reads it until it is switched. */
  readonly reader?: string;
}

const needing = (path: string, goes: string): Needed => ({ path, goes });

const ownUser = 'etcd no longer runs as a user of its own';

/** What podstrap makes only where it is needed. */
const needed: readonly Needed[] = [
  needing(paths.containerdVariables, 'none of the unit’s variables holds a credential any longer'),
  needing(paths.kubeletVariables, 'none of the unit’s variables holds a credential any longer'),
  needing(paths.podNetworkConfig, 'spec.networking.plugin no longer asks for a pod network'),
  needing(paths.etcdUser, ownUser),
  ...etcdPairs
    .map(etcdPairPlace)
    .flatMap(({ certificate, key }) => [key, certificate])
    .map((path) => ({ path, goes: ownUser, reader: 'etcd' })),
];

/** Files that podstrap made, and that nobody needs any more. Pure. */
export function needlessFiles(
  { host, resources }: DesiredHost,
  { applied }: Pick<HostFacts, 'applied'>,
): readonly Step[] {
  const wanted = new Set(
    resources.flatMap((one) => {
      if (one.kind === 'certificate') return [one.path, one.key?.path];
      return one.kind === 'file' ? [one.path] : [];
    }),
  );
  return needed
    .filter(({ path }) => applied[path] !== undefined && !wanted.has(path))
    .map(({ path, goes, reader }) => ({
      host,
      phase: reader === undefined ? 'node' : 'control-plane',
      action: { do: 'remove-file', path, ...(reader === undefined ? {} : { reader }) },
      reason: goes,
    }));
}
