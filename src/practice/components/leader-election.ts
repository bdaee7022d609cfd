import { randomUUID } from 'node:crypto';
import type { Kubeconfig } from '../kubeconfig.js';
import { askApi } from './api-client.js';
import type { ComponentContext } from './component.js';

interface Lease {
  readonly metadata: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** Takes part in the election of a component's leader through its Lease, for as long as the process lives. */
export function electLeader(context: ComponentContext, kubeconfig: Kubeconfig, name: string): void {
  const identity = `${context.nodeName}_${randomUUID()}`;
  const turn = () => {
    tryLease(context, kubeconfig, name, identity);
    context.after(context.pace.lease / 3, turn);
  };
  turn();
}

function tryLease(context: ComponentContext, kubeconfig: Kubeconfig, name: string, identity: string): void {
  const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const path = `${collection}/${name}`;
  const found = askApi(context, kubeconfig, { method: 'GET', path });
  if (typeof found === 'string') return;
  const lease = found.status === 200 ? (found.body as Lease) : undefined;
  if (lease === undefined && found.status !== 404) return;
  const now = context.now();
  const holder = lease?.spec?.holderIdentity;
  const isFree = !holder || now - Date.parse(lease?.spec?.renewTime ?? '') > context.pace.lease;
  if (holder !== identity && !isFree) return;
  const transitions =
    (lease?.spec?.leaseTransitions ?? 0) + (holder === undefined || holder === identity ? 0 : 1);
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: 'kube-system',
      ...(lease ? { resourceVersion: lease.metadata.resourceVersion } : {}),
    },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: 15,
      renewTime: new Date(now).toISOString().replace('Z', '000Z'),
      leaseTransitions: transitions,
    },
  };
  const answer =
    lease === undefined
      ? askApi(context, kubeconfig, { method: 'POST', path: collection, body })
      : askApi(context, kubeconfig, { method: 'PUT', path, body });
  if (typeof answer !== 'string' && answer.status < 300 && holder !== identity)
    context.log(`successfully acquired lease kube-system/${name}`);
}
