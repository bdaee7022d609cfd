import { readPreferredVersion } from './api-answers.js';
import type { HttpResponse } from './http.js';
import { rootOf } from './resource-finder.js';

/** Path of an object by the plural name of its kind, with its group where it is not of v1: `tokens.example.com`. */
export type PathFinder = (resource: string, name: string, namespace?: string) => Promise<string>;

/**
 * Finds out under which path the API server has an object, in the version of its group that it prefers; each group is asked about once.
 * @param read gives the answer to a GET @throws Failure `unsound`, and what `read` throws
 */
export function pathFinder(read: (path: string) => Promise<HttpResponse>, host: string): PathFinder {
  const found = new Map<string, Promise<string>>();
  const versionOf = (group: string): Promise<string> => {
    const asked =
      found.get(group) ?? read(`/apis/${group}`).then(({ body }) => readPreferredVersion(body, group, host));
    found.set(group, asked);
    asked.catch(() => found.delete(group));
    return asked;
  };
  return async (resource, name, namespace) => {
    const [plural, ...group] = resource.split('.');
    const root = rootOf(group.length === 0 ? 'v1' : await versionOf(group.join('.')));
    const inside = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    return `${root}${inside}/${plural}/${encodeURIComponent(name)}`;
  };
}
