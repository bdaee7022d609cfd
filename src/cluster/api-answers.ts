import { z } from 'zod';
import { unsound } from '../failure.js';
import type { ApiObject } from '../kubernetes/api-object.js';

/** Names in the API are paths of its URLs: none has a slash, and none is a step up. */
const name = z.string().regex(/^(?!\.{1,2}$)[^/%\p{Cc}]{1,253}$/u);

/** What every object has, and podstrap reads without a further look. What else it has is compared, and never trusted. */
const metadata = z.looseObject({
  name,
  namespace: name.optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  finalizers: z.array(z.string()).nullish(),
});
const object = z.looseObject({ metadata });
const list = z.looseObject({ apiVersion: z.string().max(253), items: z.array(object).nullable() });

/** @throws Failure `unsound` with the host */
function read<T extends z.ZodType>(body: string, schema: T, host: string): z.infer<T> {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    throw unsound('its API server does not answer with JSON').at({ host });
  }
  const { success, data } = schema.safeParse(found);
  if (success) return data;
  throw unsound('its API server answers with something that is not an object of the API').at({ host });
}

/** The object in an answer, which says of itself what was asked for. @throws Failure `unsound` with the host */
export function readObject(body: string, wanted: ApiObject, host: string): ApiObject {
  const found = read(body, object, host) as unknown as ApiObject;
  if (found.kind === wanted.kind && found.metadata.name === wanted.metadata.name) return found;
  throw unsound('its API server answers with another object than the one that was asked for').at({ host });
}

const served = z.looseObject({
  resources: z.array(
    z.looseObject({
      // A part of paths: with a slash where it is a part of another one, such as `pods/status`.
      name: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(\/[a-z0-9-]{1,63}){0,2}$/),
      kind: z.string().max(253),
      namespaced: z.boolean(),
    }),
  ),
});

/** What the API server serves of a version of a group, in its answer. @throws Failure `unsound` with the host */
export const readServed = (body: string, host: string): z.infer<typeof served>['resources'] =>
  read(body, served, host).resources;

/** The objects in a list. @throws Failure `unsound` with the host */
export function readList(
  body: string,
  host: string,
): { readonly apiVersion: string; readonly items: readonly ApiObject[] } {
  const { apiVersion, items } = read(body, list, host);
  return { apiVersion, items: (items ?? []) as unknown as readonly ApiObject[] };
}

const group = z.looseObject({
  preferredVersion: z.looseObject({
    groupVersion: z
      .string()
      .max(300)
      .regex(/^[a-z0-9.-]+\/v[a-z0-9]+$/),
  }),
});

/** `group/version` by which objects of a group are to be asked for. @throws Failure `unsound` with the host */
export function readPreferredVersion(body: string, wanted: string, host: string): string {
  const { groupVersion } = read(body, group, host).preferredVersion;
  if (groupVersion.startsWith(`${wanted}/`)) return groupVersion;
  throw unsound('its API server answers with another group than the one that was asked for').at({ host });
}
