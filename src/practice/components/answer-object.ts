import { ApiError } from './api-error.js';
import type { ApiObjects, Selectors } from './api-objects.js';
import { parseTarget, type Target } from './api-resources.js';
import { type HasImage, waitingPods, withStatus } from './controllers.js';
import { evictPod } from './evict-pod.js';
import { matches } from './label-selector.js';
import { parseBody } from './parse-body.js';
import type { Change, Stored } from './stored-object.js';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A request about an object or a collection. */
export interface ObjectRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Answers it.
 * @param hasImage tells whether pods of an image can run
 * @throws ApiError, EtcdError
 */
export function answerObject(
  objects: ApiObjects,
  target: Target,
  request: ObjectRequest,
  hasImage: HasImage,
): ApiAnswer {
  const { method, query } = request;
  const change = {
    manager: query.get('fieldManager') ?? undefined,
    force: query.get('force') === 'true',
    dryRun: query.get('dryRun') === 'All',
  };
  if (query.get('watch') === 'true')
    throw new ApiError(405, 'MethodNotAllowed', 'watching is not practised here');
  if (target.name === undefined) {
    if (method === 'GET') return { status: 200, body: listed(objects, target, selectorsIn(query), hasImage) };
    if (method === 'POST')
      return { status: 201, body: objects.create(target, parseBody(request.body), change) };
  } else if (target.subresource === 'eviction') {
    if (method === 'POST') return evictPod(objects, target, change);
  } else {
    if (method === 'GET')
      return { status: 200, body: withStatus(target.resource.kind, objects.get(target), hasImage) };
    if (method === 'PUT')
      return { status: 200, body: objects.replace(target, parseBody(request.body), change) };
    if (method === 'DELETE') {
      requireSame(objects.get(target), request.body);
      return { status: 200, body: objects.delete(target, change) };
    }
    if (method === 'PATCH') return patchObject(objects, target, request, change);
  }
  throw new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}

const selectorsIn = (query: URLSearchParams): Selectors => ({
  labels: query.get('labelSelector') ?? undefined,
  fields: query.get('fieldSelector') ?? undefined,
});

/** A collection; among pods are those that wait for images, of workloads that no controller has made any for. */
function listed(objects: ApiObjects, target: Target, selectors: Selectors, hasImage: HasImage) {
  const list = objects.list(target, selectors);
  if (target.resource.plural !== 'pods' || target.namespace === undefined) return list;
  const waiting = ['deployments', 'daemonsets', 'statefulsets'].flatMap((plural) => {
    const workloads = parseTarget(`/apis/apps/v1/namespaces/${target.namespace}/${plural}`)!;
    return (objects.list(workloads)['items'] as readonly Stored[]).flatMap((one) =>
      waitingPods(one, hasImage),
    );
  });
  const wanted = waiting.filter(({ metadata }) => matches(metadata.labels ?? {}, selectors.labels));
  return { ...list, items: [...(list['items'] as readonly Stored[]), ...wanted] };
}

/** A deletion may be meant for one very object. @throws ApiError */
function requireSame({ metadata }: Stored, body: string): void {
  const { preconditions } = (body === '' ? {} : parseBody(body)) as { preconditions?: { uid?: string } };
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata['uid'])
    throw new ApiError(409, 'Conflict', `the UID in the precondition (${preconditions.uid}) does not match`);
}

function patchObject(
  objects: ApiObjects,
  target: Target,
  { contentType, body }: ObjectRequest,
  change: Change,
): ApiAnswer {
  if (contentType.startsWith('application/apply-patch+yaml')) {
    const { object, isNew } = objects.apply(target, parseBody(body), change);
    return { status: isNew ? 201 : 200, body: object };
  }
  if (/^application\/(merge|strategic-merge)-patch\+json/.test(contentType))
    return { status: 200, body: objects.patch(target, parseBody(body), change) };
  throw new ApiError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/apply-patch+yaml, application/merge-patch+json, application/strategic-merge-patch+json',
  );
}
