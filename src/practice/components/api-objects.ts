import { randomUUID } from 'node:crypto';
import { ApiError } from './api-error.js';
import { etcdKey, type Target } from './api-resources.js';
import { applyObject } from './apply-object.js';
import { checkObject } from './check-object.js';
import type { Encryption } from './encryption.js';
import type { Etcd } from './etcd.js';
import type { Entry } from './etcd-cluster.js';
import { matchesFields } from './field-selector.js';
import { matches } from './label-selector.js';
import { type Json, merge, ownedFields } from './server-side-apply.js';
import type { Change, Metadata, Stored } from './stored-object.js';

const what = ({ resource }: Target): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;

/** Which objects of a collection are asked for, as in a query. */
export interface Selectors {
  readonly labels?: string | undefined;
  readonly fields?: string | undefined;
}

/** The API's objects, kept in an etcd cluster that is reached through one member. Each call may throw EtcdError. */
export class ApiObjects {
  readonly #etcd: Etcd;
  readonly #now: () => number;
  readonly #encryption: Pick<Encryption, 'read' | 'write'>;

  constructor(etcd: Etcd, now: () => number, encryption: Pick<Encryption, 'read' | 'write'>) {
    this.#etcd = etcd;
    this.#now = now;
    this.#encryption = encryption;
  }

  #read(key: string, entry: Entry): Stored {
    const object = JSON.parse(this.#encryption.read(key, entry.value).text) as Stored;
    object.metadata.resourceVersion = String(entry.modified);
    return object;
  }

  get(target: Target): Stored {
    const found = this.find(target);
    if (found === undefined)
      throw new ApiError(404, 'NotFound', `${what(target)} "${target.name}" not found`);
    return found;
  }

  find(target: Target): Stored | undefined {
    const key = etcdKey(target);
    const entry = this.#etcd.entries().get(key);
    return entry === undefined ? undefined : this.#read(key, entry);
  }

  list(target: Target, { labels, fields }: Selectors = {}): Json {
    const prefix = etcdKey(target, '');
    const items = [...this.#etcd.entries()]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => this.#read(key, entry))
      .filter(
        (object) =>
          matches(object.metadata.labels ?? {}, labels) && matchesFields(target.resource, object, fields),
      )
      // As with a real API server: what they are is said once, by the list.
      .map(({ apiVersion: _apiVersion, kind: _kind, ...item }) => item);
    return {
      kind: `${target.resource.kind}List`,
      apiVersion: target.apiVersion,
      metadata: { resourceVersion: String(this.#etcd.cluster.revision) },
      items,
    };
  }

  create(target: Target, body: Json, change: Change): Stored {
    const object = this.#checked(target, body);
    const { name } = object.metadata;
    if (name === undefined || name === '')
      throw new ApiError(
        422,
        'Invalid',
        `${target.resource.kind} "" is invalid: metadata.name: Required value`,
      );
    const named = { ...target, name };
    if (this.#etcd.entries().has(etcdKey(named)))
      throw new ApiError(409, 'AlreadyExists', `${what(target)} "${name}" already exists`);
    return this.#store(named, object, undefined, change);
  }

  replace(target: Target, body: Json, change: Change): Stored {
    const old = this.get(target);
    const object = this.#checked(target, body);
    requireVersion(target, object, old);
    return this.#store(target, object, old, change);
  }

  /** A merge patch; a strategic one is taken for the same, as lists are replaced here. */
  patch(target: Target, body: Json, change: Change): Stored {
    const old = this.get(target);
    const object = this.#checked(target, merge(old, body, true) as Json);
    requireVersion(target, object, old);
    return this.#store(target, object, old, change);
  }

  apply(target: Target, body: Json, change: Change): { readonly object: Stored; readonly isNew: boolean } {
    const { manager } = change;
    if (manager === undefined)
      throw new ApiError(
        400,
        'BadRequest',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    const applied = this.#checked(target, body);
    const old = this.find(target);
    const merged = applyObject(old, applied, target.apiVersion, { manager, force: change.force });
    return { object: this.#store(target, merged, old, change, true), isNew: old === undefined };
  }

  delete(target: Target, change: Change): Stored {
    const old = this.get(target);
    if (change.dryRun) return old;
    this.#etcd.delete(etcdKey(target));
    for (const key of this.#within(target, old)) this.#etcd.delete(key);
    return old;
  }

  /** Keys of what goes with an object: all in a namespace, all of a kind. */
  #within({ resource, name }: Target, object: Stored): readonly string[] {
    const entries = [...this.#etcd.entries()];
    if (resource.kind === 'Namespace')
      return entries.flatMap(([key, entry]) =>
        this.#read(key, entry).metadata.namespace === name ? [key] : [],
      );
    if (resource.kind !== 'CustomResourceDefinition') return [];
    const { group, names } = object['spec'] as { group: string; names: { plural: string } };
    return entries.flatMap(([key]) => (key.startsWith(`/registry/${group}/${names.plural}/`) ? [key] : []));
  }

  /** What is written in another way than it would be now is written again, although nothing in it changes. */
  #isStale(key: string): boolean {
    const entry = this.#etcd.entries().get(key);
    return entry !== undefined && this.#encryption.read(key, entry.value).stale;
  }

  #checked(target: Target, body: Json): Stored {
    return checkObject(target, body, (name) => this.#etcd.entries().has(`/registry/namespaces/${name}`));
  }

  #store(target: Target, object: Stored, old: Stored | undefined, change: Change, isApply = false): Stored {
    const roleRef = JSON.stringify(old?.roleRef);
    if (old !== undefined && roleRef !== JSON.stringify(object.roleRef))
      throw new ApiError(
        422,
        'Invalid',
        `${target.resource.kind} "${target.name}" is invalid: roleRef: cannot change roleRef`,
      );
    const metadata: Metadata = {
      ...object.metadata,
      uid: old?.metadata.uid ?? randomUUID(),
      creationTimestamp:
        old?.metadata.creationTimestamp ?? new Date(this.#now()).toISOString().replace(/\.\d+/, ''),
    };
    delete metadata.resourceVersion;
    const stored: Stored = { ...object, metadata };
    if (target.resource.kind === 'Namespace' && stored.status === undefined)
      stored.status = { phase: 'Active' };
    if (!isApply && old === undefined && change.manager !== undefined)
      metadata.managedFields = [
        {
          manager: change.manager,
          operation: 'Update',
          apiVersion: target.apiVersion,
          fieldsType: 'FieldsV1',
          fieldsV1: ownedFields(object),
        },
      ];
    const text = JSON.stringify(stored);
    const key = etcdKey(target);
    const { resourceVersion: _version, ...oldMetadata } = old?.metadata ?? {};
    const isSame = old !== undefined && text === JSON.stringify({ ...old, metadata: oldMetadata });
    if (change.dryRun || (isSame && !this.#isStale(key)))
      return {
        ...stored,
        metadata: { ...metadata, ...(old ? { resourceVersion: old.metadata.resourceVersion! } : {}) },
      };
    const entry = this.#etcd.put(key, this.#encryption.write(key, text));
    return { ...stored, metadata: { ...metadata, resourceVersion: String(entry.modified) } };
  }
}

/** A write that names a version is for that one alone. @throws ApiError */
function requireVersion(target: Target, { metadata: { resourceVersion } }: Stored, old: Stored): void {
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
    throw new ApiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${what(target)} "${target.name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
}
