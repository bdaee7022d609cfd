import { groupOf } from './api-kinds.js';
import type { ApiObject } from './api-object.js';

/**
 * What is one and the same object to the API, whatever its version: the same text. Without a namespace it lies in
 * `default`, or in none.
 */
export const identityOf = ({ apiVersion, kind, metadata }: ApiObject): string =>
  [groupOf({ apiVersion }), kind, metadata.namespace ?? 'default', metadata.name].join('/');
