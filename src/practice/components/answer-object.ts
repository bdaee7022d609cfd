import { ApiError } from './api-error.js';
import type { ApiObjects, Selectors } from './api-objects.js';
import type { Target } from './api-resources.js';
import { evictPod } from './evict-pod.js';
import { parseBody } from './parse-body.js';
import type { Change } from './stored-object.js';

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

/** Answers it. @throws ApiError, EtcdError */
export function answerObject(objects: ApiObjects, target: Target, request: ObjectRequest): ApiAnswer {
  const { method, query } = request;
  const change = {
    manager: query.get('fieldManager') ?? undefined,
    force: query.get('force') === 'true',
    dryRun: query.get('dryRun') === 'All',
  };
  if (query.get('watch') === 'true')
    throw new ApiError(405, 'MethodNotAllowed', 'watching is not practised here');
  if (target.name === undefined) {
    if (method === 'GET') return { status: 200, body: objects.list(target, selectorsIn(query)) };
    if (method === 'POST')
      return { status: 201, body: objects.create(target, parseBody(request.body), change) };
  } else if (target.subresource === 'eviction') {
    if (method === 'POST') return evictPod(objects, target, change);
  } else {
    if (method === 'GET') return { status: 200, body: objects.get(target) };
    if (method === 'PUT')
      return { status: 200, body: objects.replace(target, parseBody(request.body), change) };
    if (method === 'DELETE') return { status: 200, body: objects.delete(target, change) };
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
