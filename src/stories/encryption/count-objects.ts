import { etcdOn } from '../../cluster/etcd.js';
import { type StoredObject, storedObjects } from '../../cluster/stored-objects.js';
import { Failure } from '../../failure.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import { lastGiven } from '../../kubernetes/flags.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';

/** Resource → what its objects are written with → how many of them. */
export type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Where the API servers keep objects. */
export const etcdRoot = ({ spec }: Inventory): string => {
  const given = lastGiven(spec.apiServer.extraArgs, 'etcd-prefix');
  return `/${(given ?? '/registry').replace(/^\/+|\/+$/g, '')}`;
};

/**
 * Goes through objects in etcd itself, by the member of the first control plane that answers.
 * @param take is given one page after another; what it gives back ends the walk when it is false
 * @throws Failure `gate` when no member answers
 */
export async function walkObjects(
  { inventory, keys, abort }: Pick<Session, 'inventory' | 'keys' | 'abort'>,
  transports: ReadonlyMap<string, Transport>,
  resources: readonly string[],
  take: (page: readonly StoredObject[]) => Promise<void>,
): Promise<void> {
  let last: unknown;
  for (const { name } of controlPlanes(inventory)) {
    const transport = transports.get(name);
    if (transport === undefined) continue;
    const etcd = etcdOn(keys, transport);
    let took = false;
    try {
      for (const resource of resources)
        for await (const page of storedObjects(etcd, etcdRoot(inventory), resource)) {
          abort.throwIfAborted();
          took = true;
          await take(page);
        }
      return;
    } catch (error) {
      // What has been taken cannot be taken back.
      if (took || !(error instanceof Error)) throw error;
      last = error;
    } finally {
      etcd.close();
    }
  }
  throw new Failure({
    kind: 'gate',
    doing: 'Reading in etcd what objects are encrypted with',
    said: last instanceof Error ? last.message : 'no control plane can be reached',
    next: 'See what `podstrap status` says of etcd, then run the same command again.',
    cause: last,
  });
}

/** Counts objects in etcd itself, by what they are written with. */
export async function countObjects(
  session: Pick<Session, 'inventory' | 'keys' | 'abort'>,
  transports: ReadonlyMap<string, Transport>,
  resources: readonly string[],
): Promise<Counts> {
  const counts = new Map<string, Map<string, number>>(resources.map((resource) => [resource, new Map()]));
  await walkObjects(session, transports, resources, async (page) => {
    for (const { resource, writer } of page) {
      const ofResource = counts.get(resource)!;
      ofResource.set(writer, (ofResource.get(writer) ?? 0) + 1);
    }
  });
  return counts;
}
