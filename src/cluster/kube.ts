import { Failure, LimitExceeded } from '../failure.js';
import { groupOf, isBuiltInGroup } from '../kubernetes/api-kinds.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import type { Authority, CertifiedKey } from '../pki/keys.js';
import type { Transport } from '../transport/transport.js';
import { readList, readObject } from './api-answers.js';
import type { HttpRequest, HttpResponse } from './http.js';
import { http2Client } from './http2.js';
import { pathFinder } from './path-finder.js';
import { resourceFinder, rootOf } from './resource-finder.js';

/** For reading or writing one object: on a busy machine, an API server that has just started takes its time. */
const callMs = 15_000;

/** Bytes of a list: five thousand nodes, each with the fifty images that it names, are half as many. */
const mostOfList = 256 * 1024 * 1024;

/** The API server did not answer, or said that it cannot do so now: the same call may succeed a moment later. */
export class ApiUnavailable extends Failure {}

/**
 * The API server failed, and gave no reason that it has a name for: it may be in trouble, or the object has a field that
 * its kind does not, which server-side apply says in this way.
 */
export class ApiUnexplained extends ApiUnavailable {}

/** What became of the wish that a pod leave: it is leaving, it is gone, or its budget does not allow it at present. */
export type Eviction = 'leaving' | 'gone' | { readonly blocked: string };

/** Which objects of a kind; what is absent selects all. */
export interface Selection {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** The API server on one control plane, spoken to as podstrap's own client. */
export interface Kube {
  /** The object, or undefined when there is none. */
  get(object: ApiObject): Promise<ApiObject | undefined>;
  /** Creates or updates the named fields, by server-side apply as field manager `podstrap`. */
  apply(object: ApiObject): Promise<void>;
  /** What `apply` would make of an object; nothing is changed. */
  foresee(object: ApiObject): Promise<ApiObject>;
  /** Creates the object; one that is there already is left as it is. */
  create(object: ApiObject): Promise<void>;
  /**
   * Deletes the object, and with it what its controllers made; one that has a `uid` only while it is still that one.
   * @param grace seconds that a pod gets, instead of its own; with 0 nobody waits for its node
   */
  remove(object: ApiObject, grace?: number): Promise<void>;
  /** The objects of a kind of v1: all of them, or those of a selection. */
  list(kind: string, selection?: Selection): Promise<readonly ApiObject[]>;
  /**
   * Changes the named fields by a merge patch; one with a `resourceVersion` only while the object is of that version.
   * @returns false when there is no such object @throws ApiUnavailable when it was changed meanwhile
   */
  patch(object: ApiObject, change: object): Promise<boolean>;
  /**
   * Has the API server write an object again as it is, in the way in which it writes now; a client that changes it meanwhile loses
   * nothing.
   * @param resource its plural name, with its group where it is not of v1
   * @returns false when there is no such object
   */
  rewrite(resource: string, name: string, namespace?: string): Promise<boolean>;
  /** Asks that a pod leave its node, as far as its disruption budgets allow. */
  evict(pod: ApiObject): Promise<Eviction>;
  /** Body of GET `path`, with its status. @param timeoutMs default: 5,000 */
  read(path: string, timeoutMs?: number): Promise<{ readonly status: number; readonly body: string }>;
  /** Begins to connect, so that the first question need not wait for it. */
  begin(): void;
  close(): void;
}

/** What people call an object; kinds that are not Kubernetes' own are called with their group. */
export function objectName({ apiVersion, kind, metadata }: ApiObject): string {
  const group = groupOf({ apiVersion });
  const called = group === '' || isBuiltInGroup(group) ? kind : `${kind}.${group}`;
  return metadata.namespace === undefined
    ? `${called} ${metadata.name}`
    : `${called} ${metadata.namespace}/${metadata.name}`;
}

/** A client of the API server at `address`:`port`, reached through `transport`. */
export function kubeClient(
  transport: Transport,
  server: { readonly address: string; readonly port: number },
  ca: Authority,
  client: CertifiedKey,
): Kube {
  const tls = { ca: ca.certificate, certificate: client.certificate, key: client.key };
  const http = http2Client({ transport, ...server, tls });
  const failed = (doing: string, said: string, cause?: unknown) => ({
    kind: 'gate' as const,
    doing,
    where: { host: transport.host, phase: 'cluster' },
    said,
    next: 'See what `podstrap status` says of that API server, then run `podstrap up` again.',
    cause,
  });
  /** @param expected further statuses that are no failure */
  const call = async (
    doing: string,
    request: HttpRequest,
    expected: readonly number[] = [],
  ): Promise<HttpResponse> => {
    const response = await http.request({ timeoutMs: callMs, ...request }).catch((cause: Error) => {
      if (cause instanceof LimitExceeded || (cause instanceof Failure && cause.kind === 'connection-lost'))
        throw cause;
      throw new ApiUnavailable(failed(doing, cause.message, cause));
    });
    const { status, body } = response;
    if (status < 300 || expected.includes(status)) return response;
    const said = `HTTP ${status}: ${messageOf(body)}`;
    // A path that is not served, without a word of which object: a definition that was just applied comes a moment later.
    const isUnserved = status === 404 && !body.startsWith('{');
    if (status === 500 && !isExplained(body)) throw new ApiUnexplained(failed(doing, said));
    throw status === 429 || status >= 500 || isUnserved
      ? new ApiUnavailable(failed(doing, said))
      : new Failure(failed(doing, said));
  };
  const resourceOf = resourceFinder(
    (path) => call(`Asking what the API server serves in ${path}`, { method: 'GET', path }, [404]),
    (said) => failed('Looking for a kind', said),
    transport.host,
  );
  const pathOf = pathFinder((path) => call(`Reading ${path}`, { method: 'GET', path }), transport.host);
  const collectionPath = async (object: ApiObject): Promise<string> => {
    const { apiVersion, metadata } = object;
    const { plural, namespaced } = await resourceOf(object);
    const root = rootOf(apiVersion);
    return namespaced
      ? `${root}/namespaces/${metadata.namespace ?? 'default'}/${plural}`
      : `${root}/${plural}`;
  };
  const objectPath = async (object: ApiObject): Promise<string> =>
    `${await collectionPath(object)}/${encodeURIComponent(object.metadata.name)}`;
  const applied = async (object: ApiObject, doing: string, query: string): Promise<ApiObject> => {
    const { body } = await call(doing, {
      method: 'PATCH',
      path: `${await objectPath(object)}?fieldManager=podstrap&force=true${query}`,
      // JSON is YAML.
      body: JSON.stringify(object),
      contentType: 'application/apply-patch+yaml',
    });
    return readObject(body, object, transport.host);
  };
  /** @returns false when there is no such object */
  const merged = async (doing: string, path: string, body: string): Promise<boolean> => {
    const request = {
      method: 'PATCH',
      path: `${path}?fieldManager=podstrap-patch`,
      body,
      contentType: 'application/merge-patch+json',
    } as const;
    const answer = await call(doing, request, [404, 409]);
    if (answer.status === 409) throw new ApiUnavailable(failed(doing, messageOf(answer.body)));
    return answer.status !== 404;
  };
  return {
    get: async (object) => {
      const doing = `Reading ${objectName(object)}`;
      const { status, body } = await call(doing, { method: 'GET', path: await objectPath(object) }, [404]);
      return status === 404 ? undefined : readObject(body, object, transport.host);
    },
    apply: async (object) => {
      await applied(object, `Applying ${objectName(object)}`, '');
    },
    foresee: (object) =>
      applied(object, `Asking what applying ${objectName(object)} would change`, '&dryRun=All'),
    create: async (object) => {
      const path = `${await collectionPath(object)}?fieldManager=podstrap`;
      const request = { method: 'POST', path, body: JSON.stringify(object) } as const;
      await call(`Creating ${objectName(object)}`, request, [409]);
    },
    remove: async (object, grace) => {
      const { uid } = object.metadata;
      const request = {
        method: 'DELETE',
        path: await objectPath(object),
        body: JSON.stringify(deletionOf(uid, grace)),
      } as const;
      await call(`Deleting ${objectName(object)}`, request, [404]);
    },
    list: async (kind, { namespace, ...selectors } = {}) => {
      const query = new URLSearchParams(selectors);
      const { plural } = await resourceOf({ apiVersion: 'v1', kind });
      const root = namespace === undefined ? rootOf('v1') : `${rootOf('v1')}/namespaces/${namespace}`;
      const request = {
        method: 'GET',
        path: `${root}/${plural}${query.size > 0 ? `?${query}` : ''}`,
        most: mostOfList,
      } as const;
      const { body } = await call(`Listing objects of kind ${kind}`, request);
      const { apiVersion, items } = readList(body, transport.host);
      // Items of a list do not say what they are: only the list does.
      return items.map((item) => ({ ...item, apiVersion, kind }));
    },
    patch: async (object, change) =>
      merged(`Changing ${objectName(object)}`, await objectPath(object), JSON.stringify(change)),
    rewrite: async (resource, name, namespace) => {
      const path = await pathOf(resource, name, namespace);
      return merged(`Rewriting ${path}`, path, '{}');
    },
    evict: async (pod) => {
      const { name, namespace } = pod.metadata;
      const request = {
        method: 'POST',
        path: `${await objectPath(pod)}/eviction`,
        body: JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }),
      } as const;
      const { status, body } = await call(`Evicting ${objectName(pod)}`, request, [404, 429]);
      if (status === 429) return { blocked: messageOf(body) };
      return status === 404 ? 'gone' : 'leaving';
    },
    read: (path, timeoutMs) =>
      http.request({ method: 'GET', path, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    begin: () => http.begin(),
    close: () => http.close(),
  };
}

/** All in the body: an API server that finds one reads no option in the query. */
const deletionOf = (uid: unknown, grace: number | undefined) => ({
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  // Without it, a Job leaves its pods behind.
  propagationPolicy: 'Background',
  ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
  ...(uid === undefined ? {} : { preconditions: { uid } }),
});

/** True for a Kubernetes Status object that has a reason; see https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go */
function isExplained(body: string): boolean {
  try {
    return Boolean((JSON.parse(body) as { reason?: string }).reason);
  } catch {
    return false;
  }
}

/** Characters: an admission webhook may have much to say, and a server that lies more. */
const longestMessage = 4_000;

/** The message of a Kubernetes Status object, or the body's beginning. */
export function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, longestMessage);
  } catch {
    // It is none; its beginning tells.
  }
  return body.slice(0, 300);
}
