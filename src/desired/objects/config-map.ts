import type { ApiObject } from '../../kubernetes/api-object.js';

export const configMap = (
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): ApiObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
