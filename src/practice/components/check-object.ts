import { ApiError } from './api-error.js';
import type { Target } from './api-resources.js';
import type { Json } from './server-side-apply.js';
import type { Metadata, Stored } from './stored-object.js';

/**
 * The object of a request with its name and namespace filled in from the path.
 * @param hasNamespace tells whether a namespace exists
 * @throws ApiError when path and object do not fit together
 */
export function checkObject(target: Target, body: Json, hasNamespace: (name: string) => boolean): Stored {
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
  if (namespace !== undefined && !hasNamespace(namespace))
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
