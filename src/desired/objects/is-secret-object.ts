import type { ApiObject } from '../../kubernetes/api-object.js';

/** True for an object whose content must not be shown. */
export const isSecretObject = ({ apiVersion, kind }: ApiObject): boolean =>
  apiVersion === 'v1' && kind === 'Secret';
