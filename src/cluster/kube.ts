import type { ApiObject } from '../desired/resource.js';
import { Failure } from '../failure.js';
import type { Authority, CertifiedKey } from '../pki/keys.js';
import type { Transport } from '../transport/transport.js';
import { type HttpRequest, type HttpResponse, httpClient } from './http.js';

/** For reading or writing one object: on a busy machine, an API server that has just started takes its time. */
const callMs = 15_000;

/** Plural names of the kinds that podstrap writes or reads, and whether they live in a namespace. */
const kinds: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  Namespace: ['namespaces', false],
  Node: ['nodes', false],
  Pod: ['pods', true],
  ConfigMap: ['configmaps', true],
  Secret: ['secrets', true],
  ServiceAccount: ['serviceaccounts', true],
  ClusterRole: ['clusterroles', false],
  ClusterRoleBinding: ['clusterrolebindings', false],
  Role: ['roles', true],
  RoleBinding: ['rolebindings', true],
  Lease: ['leases', true],
  Service: ['services', true],
  Deployment: ['deployments', true],
  DaemonSet: ['daemonsets', true],
  PodDisruptionBudget: ['poddisruptionbudgets', true],
};

/** The API server did not answer, or said that it cannot do so now: the same call may succeed a moment later. */
export class ApiUnavailable extends Failure {}

/** What became of the wish that a pod leave: it is leaving, it is gone, or its budget does not allow it at present. */
export type Eviction = 'leaving' | 'gone' | { readonly blocked: string };

/** The API server on one control plane, spoken to as podstrap's own client. */
export interface Kube {
  /** The object, or undefined when there is none. */
  get(object: ApiObject): Promise<ApiObject | undefined>;
  /** Creates or updates the named fields, by server-side apply as field manager `podstrap`. */
  apply(object: ApiObject): Promise<void>;
  /** Creates the object; one that is there already is left as it is. */
  create(object: ApiObject): Promise<void>;
  remove(object: ApiObject): Promise<void>;
  /** All objects of a kind, in every namespace, of which these fields have these values. */
  list(kind: string, fieldSelector?: string): Promise<readonly ApiObject[]>;
  /** Changes the named fields by a merge patch. @returns false when there is no such object */
  patch(object: ApiObject, change: object): Promise<boolean>;
  /** Asks that a pod leave its node, as far as its disruption budgets allow. */
  evict(pod: ApiObject): Promise<Eviction>;
  /** Body of GET `path`, with its status. */
  read(path: string): Promise<{ readonly status: number; readonly body: string }>;
  close(): void;
}

/** REST path of an object's collection. */
export function collectionPath({ apiVersion, kind, metadata }: ApiObject): string {
  const entry = kinds[kind];
  if (entry === undefined) throw new Error(`no REST path is known for kind ${kind}`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return entry[1] ? `${root}/namespaces/${metadata.namespace}/${entry[0]}` : `${root}/${entry[0]}`;
}

export const objectName = ({ kind, metadata }: ApiObject): string =>
  metadata.namespace === undefined
    ? `${kind} ${metadata.name}`
    : `${kind} ${metadata.namespace}/${metadata.name}`;

/** A client of the API server at `address`:`port`, reached through `transport`. */
export function kubeClient(
  transport: Transport,
  server: { readonly address: string; readonly port: number },
  ca: Authority,
  client: CertifiedKey,
): Kube {
  const tls = { ca: ca.certificate, certificate: client.certificate, key: client.key };
  const http = httpClient({ transport, ...server, tls });
  const objectPath = (object: ApiObject) =>
    `${collectionPath(object)}/${encodeURIComponent(object.metadata.name)}`;
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
      if (cause instanceof Failure && cause.kind === 'connection-lost') throw cause;
      throw new ApiUnavailable(failed(doing, cause.message, cause));
    });
    const { status, body } = response;
    if (status < 300 || expected.includes(status)) return response;
    const said = `HTTP ${status}: ${messageOf(body)}`;
    throw status === 429 || status >= 500
      ? new ApiUnavailable(failed(doing, said))
      : new Failure(failed(doing, said));
  };
  return {
    get: async (object) => {
      const doing = `Reading ${objectName(object)}`;
      const { status, body } = await call(doing, { method: 'GET', path: objectPath(object) }, [404]);
      return status === 404 ? undefined : (JSON.parse(body) as ApiObject);
    },
    apply: async (object) => {
      await call(`Applying ${objectName(object)}`, {
        method: 'PATCH',
        path: `${objectPath(object)}?fieldManager=podstrap&force=true`,
        // JSON is YAML.
        body: JSON.stringify(object),
        contentType: 'application/apply-patch+yaml',
      });
    },
    create: async (object) => {
      const path = `${collectionPath(object)}?fieldManager=podstrap`;
      const request = { method: 'POST', path, body: JSON.stringify(object) } as const;
      await call(`Creating ${objectName(object)}`, request, [409]);
    },
    remove: async (object) => {
      const request = { method: 'DELETE', path: objectPath(object) } as const;
      await call(`Deleting ${objectName(object)}`, request, [404]);
    },
    list: async (kind, fieldSelector) => {
      const query = fieldSelector === undefined ? '' : `?fieldSelector=${encodeURIComponent(fieldSelector)}`;
      const request = { method: 'GET', path: `/api/v1/${kinds[kind]![0]}${query}` } as const;
      const { body } = await call(`Listing objects of kind ${kind}`, request);
      const { apiVersion, items } = JSON.parse(body) as { apiVersion: string; items: ApiObject[] };
      // Items of a list do not say what they are: only the list does.
      return items.map((item) => ({ ...item, apiVersion, kind }));
    },
    patch: async (object, change) => {
      const request = {
        method: 'PATCH',
        path: `${objectPath(object)}?fieldManager=podstrap-drain`,
        body: JSON.stringify(change),
        contentType: 'application/merge-patch+json',
      } as const;
      return (await call(`Changing ${objectName(object)}`, request, [404])).status !== 404;
    },
    evict: async (pod) => {
      const { name, namespace } = pod.metadata;
      const request = {
        method: 'POST',
        path: `${objectPath(pod)}/eviction`,
        body: JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }),
      } as const;
      const { status, body } = await call(`Evicting ${objectName(pod)}`, request, [404, 429]);
      if (status === 429) return { blocked: messageOf(body) };
      return status === 404 ? 'gone' : 'leaving';
    },
    read: (path) => http.request({ method: 'GET', path }),
    close: () => http.close(),
  };
}

/** The message of a Kubernetes Status object, or the body's beginning. */
function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body.slice(0, 300);
  } catch {
    return body.slice(0, 300);
  }
}
