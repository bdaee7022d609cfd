import type { ApiAnswer } from './answer-object.js';
import { ApiError } from './api-error.js';
import type { ApiObjects } from './api-objects.js';
import { parseTarget, type Target } from './api-resources.js';
import { matches } from './label-selector.js';
import type { Change, Stored } from './stored-object.js';

/** A budget as its controller has last counted it; here a test writes the count. */
type Budget = Stored & {
  readonly spec?: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
  readonly status?: { readonly disruptionsAllowed?: number };
};

/** Deletes a pod at once, unless a disruption budget does not allow it. @throws ApiError */
export function evictPod(objects: ApiObjects, target: Target, change: Change): ApiAnswer {
  const pod = objects.get(target);
  const budgets = objects.list(
    parseTarget(`/apis/policy/v1/namespaces/${target.namespace}/poddisruptionbudgets`)!,
  );
  for (const { metadata, spec, status } of budgets['items'] as readonly Budget[]) {
    const selector = Object.entries(spec?.selector?.matchLabels ?? {}).map(
      ([key, value]) => `${key}=${value}`,
    );
    if (!matches(pod.metadata.labels ?? {}, selector.join(',')) || (status?.disruptionsAllowed ?? 0) > 0)
      continue;
    throw new ApiError(
      429,
      'TooManyRequests',
      `Cannot evict pod as it would violate the pod's disruption budget. The disruption budget ${metadata.name} does not allow it at present`,
    );
  }
  objects.delete(target, change);
  return {
    status: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  };
}
