import { randomUUID } from 'node:crypto';
import { load } from 'js-yaml';
import { etcdKey, type Target } from './api-resources.js';
import type { Etcd } from './etcd.js';
import { conflicts, type Json, merge, ownedFields, prune } from './server-side-apply.js';

/** A refusal as the API server words it: a Status object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Json;
}

interface Metadata extends Json {
  name?: string;
  namespace?: string;
  resourceVersion?: string;
  managedFields?: ManagedFields[];
  labels?: Record<string, string>;
}

type Stored = Json & { metadata: Metadata };

/** A change as it is asked for. */
export interface Change {
  readonly manager: string | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
}

const what = ({ resource }: Target): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;

/** The API's objects, kept in an etcd cluster that is reached through one member. Each call may throw EtcdError. */
export class ApiObjects {
  readonly #etcd: Etcd;
  readonly #now: () => number;

  constructor(etcd: Etcd, now: () => number) {
    this.#etcd = etcd;
    this.#now = now;
  }

  get(target: Target): Stored {
    const found = this.find(target);
    if (found === undefined)
      throw new ApiError(404, 'NotFound', `${what(target)} "${target.name}" not found`);
    return found;
  }

  find(target: Target): Stored | undefined {
    const entry = this.#etcd.entries().get(etcdKey(target));
    if (entry === undefined) return undefined;
    const object = JSON.parse(entry.value) as Stored;
    object.metadata.resourceVersion = String(entry.modified);
    return object;
  }

  list(target: Target, labelSelector: string | undefined): Json {
    const prefix = etcdKey(target, '');
    const items = [...this.#etcd.entries()]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => {
        const object = JSON.parse(entry.value) as Stored;
        object.metadata.resourceVersion = String(entry.modified);
        return object;
      })
      .filter(({ metadata }) => matches(metadata.labels ?? {}, labelSelector));
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
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw new ApiError(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${what(target)} "${target.name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    return this.#store(target, object, old, change);
  }

  /** A merge patch; a strategic one is taken for the same, as lists are replaced here. */
  patch(target: Target, body: Json, change: Change): Stored {
    const old = this.get(target);
    return this.#store(target, this.#checked(target, merge(old, body, true) as Json), old, change);
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
    const managed = old?.metadata.managedFields ?? [];
    const isOwn = (one: ManagedFields) => one.manager === manager && one.operation === 'Apply';
    const others = managed.filter((one) => !isOwn(one));
    const disputed = others.filter((one) => conflicts(old, applied, one.fieldsV1).length > 0);
    if (disputed.length > 0 && !change.force)
      throw new ApiError(
        409,
        'Conflict',
        `Apply failed with ${disputed.length} conflict: conflict with "${disputed[0]!.manager}": ${conflicts(old, applied, disputed[0]!.fieldsV1).join(', ')}`,
      );
    const fields = ownedFields(applied);
    const object = structuredClone(old ?? {}) as Json;
    const before = managed.find(isOwn);
    if (before !== undefined)
      prune(
        object,
        before.fieldsV1,
        fields,
        others.map(({ fieldsV1 }) => fieldsV1),
      );
    const merged = merge(object, applied, false) as Stored;
    const own: ManagedFields = {
      manager,
      operation: 'Apply',
      apiVersion: target.apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    };
    merged.metadata.managedFields = [...others, own];
    return { object: this.#store(target, merged, old, change, true), isNew: old === undefined };
  }

  delete(target: Target, change: Change): Stored {
    const old = this.get(target);
    if (!change.dryRun) this.#etcd.delete(etcdKey(target));
    return old;
  }

  #checked(target: Target, body: Json): Stored {
    const { resource, apiVersion, namespace, name } = target;
    if (body.kind !== resource.kind || body.apiVersion !== apiVersion)
      throw new ApiError(
        400,
        'BadRequest',
        `${resource.kind} in version "${apiVersion}" cannot be handled as ${body.kind} in version "${body.apiVersion}"`,
      );
    const metadata = (body.metadata ?? {}) as Metadata;
    if (name !== undefined && metadata.name !== undefined && metadata.name !== name)
      throw new ApiError(
        400,
        'BadRequest',
        `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
      );
    if (metadata.namespace !== undefined && metadata.namespace !== namespace)
      throw new ApiError(
        400,
        'BadRequest',
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    if (resource.namespaced && namespace === undefined)
      throw new ApiError(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      );
    const space = namespace === undefined ? undefined : `/registry/namespaces/${namespace}`;
    if (space !== undefined && !this.#etcd.entries().has(space))
      throw new ApiError(404, 'NotFound', `namespaces "${namespace}" not found`);
    return {
      ...body,
      metadata: {
        ...metadata,
        ...(name === undefined ? {} : { name }),
        ...(namespace === undefined ? {} : { namespace }),
      },
    };
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
    const { resourceVersion: _version, ...oldMetadata } = old?.metadata ?? {};
    if (change.dryRun || (old !== undefined && text === JSON.stringify({ ...old, metadata: oldMetadata })))
      return {
        ...stored,
        metadata: { ...metadata, ...(old ? { resourceVersion: old.metadata.resourceVersion! } : {}) },
      };
    const entry = this.#etcd.put(etcdKey(target), text);
    return { ...stored, metadata: { ...metadata, resourceVersion: String(entry.modified) } };
  }
}

/** Equality and existence, which is what is asked for here. @throws ApiError for any other selector */
function matches(labels: Readonly<Record<string, string>>, selector: string | undefined): boolean {
  return (selector ?? '')
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [, key = '', value] = /^([\w./-]+)(?:={1,2}([\w./-]*))?$/.exec(term) ?? [];
      if (key === '') throw new ApiError(400, 'BadRequest', `unable to parse requirement: ${term}`);
      return value === undefined ? key in labels : labels[key] === value;
    });
}

/** The object in a request's body; JSON is YAML. @throws ApiError */
export function parseBody(body: string): Json {
  try {
    const object = body.startsWith('{') ? JSON.parse(body) : load(body);
    if (typeof object === 'object' && object !== null) return object as Json;
  } catch {
    // Said below.
  }
  throw new ApiError(400, 'BadRequest', 'the object provided is unrecognized');
}
