import { ApiError } from './api-error.js';
import type { ResourceKind } from './api-resources.js';

/** Fields that can be asked for beside the name, by kind, as far as anyone here asks. */
const known: Readonly<Record<string, readonly string[]>> = {
  Node: ['spec.unschedulable'],
  Pod: ['spec.nodeName', 'status.phase'],
};

/** Whether an object has the values of a selector such as `spec.nodeName=cp-1`. @throws ApiError for other fields */
export function matchesFields({ kind }: ResourceKind, object: object, selector: string | undefined): boolean {
  return (selector ?? '')
    .split(',')
    .filter(Boolean)
    .every((term) => {
      const [path = '', value = ''] = term.split(/==?/);
      if (!['metadata.name', 'metadata.namespace', ...(known[kind] ?? [])].includes(path))
        throw new ApiError(400, 'BadRequest', `field label not supported: ${path}`);
      const found = path
        .split('.')
        .reduce<unknown>((at, field) => (at as Record<string, unknown> | undefined)?.[field], object);
      return String(found ?? (path === 'spec.unschedulable' ? false : '')) === value;
    });
}
