import type { ApiObject } from '../../kubernetes/api-object.js';
import { virtualAddressLease, virtualAddressUser } from '../pods/virtual-address.js';
import { roleFor, user } from './rbac.js';

/** All that the pod which holds the virtual address may do: one lease. No rule can name what does not exist yet. */
export const virtualAddressAccess: readonly ApiObject[] = roleFor(
  'podstrap:virtual-address',
  'kube-system',
  [
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: [virtualAddressLease],
      verbs: ['get', 'update'],
    },
  ],
  [user(virtualAddressUser)],
);
