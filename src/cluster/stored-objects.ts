import { LimitExceeded } from '../failure.js';
import type { Etcd, EtcdEntry } from './etcd.js';

/** An object as etcd has it, told without what it says. */
export interface StoredObject {
  readonly resource: string;
  /** Absent for what belongs to no namespace. */
  readonly namespace?: string;
  readonly name: string;
  /** What it is written with: `identity`, or a provider and the name of its key, as linkName of a ring tells them. */
  readonly writer: string;
}

/** Objects that are asked for at once: as many as fit into one answer, mostly. */
const page = 200;

/**
 * Every object of a resource in etcd itself, a page at a time, whoever can read it.
 * @param resource `secrets`, `configmaps`, or a custom one with its group
 * @param root where the API servers keep objects: `/registry`
 */
export async function* storedObjects(
  etcd: Pick<Etcd, 'range'>,
  root: string,
  resource: string,
): AsyncIterable<readonly StoredObject[]> {
  const prefix = `${root}/${placeOf(resource)}/`;
  let from = prefix;
  let limit = page;
  for (;;) {
    const found = await etcd.range(prefix, from, limit).catch((error: unknown) => {
      if (!(error instanceof LimitExceeded) || limit === 1) throw error;
      return undefined;
    });
    if (found === undefined) {
      limit = Math.max(1, Math.floor(limit / 4));
      continue;
    }
    yield found.map((entry) => storedObject(resource, prefix, entry));
    if (found.length < limit) return;
    // The next key that there can be.
    from = `${found.at(-1)!.key}\0`;
    limit = Math.min(page, limit * 2);
  }
}

/** Kubernetes' own are at their plural name, others below their group. */
const placeOf = (resource: string): string => {
  const [plural, ...group] = resource.split('.');
  return group.length === 0 ? resource : `${group.join('.')}/${plural}`;
};

function storedObject(resource: string, prefix: string, { key, head }: EtcdEntry): StoredObject {
  const parts = key.slice(prefix.length).split('/');
  return {
    resource,
    ...(parts.length > 1 ? { namespace: parts[0]! } : {}),
    name: parts.at(-1)!,
    writer: writerIn(head),
  };
}

/** @see https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ */
function writerIn(head: Buffer): string {
  const text = head.toString('latin1');
  if (!text.startsWith('k8s:enc:')) return 'identity';
  const [, provider, name] = /^k8s:enc:([a-z]+):v[12]:([^:]+):/.exec(text) ?? [];
  return provider === undefined ? 'unknown' : `${provider} ${name}`;
}
