import { Failure, type FailureAnswers } from '../failure.js';
import { type ApiResource, builtInResource, type TypeName } from '../kubernetes/api-kinds.js';
import { readServed } from './api-answers.js';
import type { HttpResponse } from './http.js';

/** The API server serves no such kind, at least not yet. */
export class UnknownKind extends Failure {}

type Served = ReturnType<typeof readServed>;

/**
 * Finds out how the API server addresses a kind: Kubernetes' own are known, others are looked up in what it tells of
 * their group (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api), once for each version of one.
 * @param read gives the answer to a GET, 404 included
 * @returns what to ask @throws UnknownKind, and what `read` throws
 */
export function resourceFinder(
  read: (path: string) => Promise<HttpResponse>,
  failed: (said: string) => FailureAnswers,
  host: string,
): (type: TypeName) => Promise<ApiResource> {
  const found = new Map<string, Promise<Served>>();
  const served = (apiVersion: string) => {
    const asked = found.get(apiVersion) ?? listOf(apiVersion, read, host);
    found.set(apiVersion, asked);
    return asked;
  };
  return async ({ apiVersion, kind }) => {
    const known = builtInResource({ apiVersion, kind });
    if (known !== undefined) return known;
    const list = await served(apiVersion).catch((error: unknown) => {
      found.delete(apiVersion);
      throw error;
    });
    const resource = list.find((one) => one.kind === kind && !one.name.includes('/'));
    if (resource !== undefined) return { plural: resource.name, namespaced: resource.namespaced };
    // A definition that has just been applied is served a moment later.
    found.delete(apiVersion);
    throw new UnknownKind(failed(`the API server knows no kind ${kind} of ${apiVersion}`));
  };
}

/** Path under which the API server serves a version of a group. */
export const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

async function listOf(
  apiVersion: string,
  read: (path: string) => Promise<HttpResponse>,
  host: string,
): Promise<Served> {
  const { status, body } = await read(rootOf(apiVersion));
  return status === 404 ? [] : readServed(body, host);
}
