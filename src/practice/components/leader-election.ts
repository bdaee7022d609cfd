import { randomUUID } from 'node:crypto';
import type { Kubeconfig } from '../kubeconfig.js';
import { askApi } from './api-client.js';
import type { ComponentContext } from './component.js';

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

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

/**
 * Takes a Lease that is free, or renews it.
 * @param life milliseconds for which it is held without a renewal
 * @returns whether it is `identity` that holds it now
 */
export function tryLease(
  context: ComponentContext,
  kubeconfig: Kubeconfig,
  name: string,
  identity: string,
  life = context.pace.lease,
): boolean {
  const path = `${leases}/${name}`;
  const found = askApi(context, kubeconfig, { method: 'GET', path });
  if (typeof found === 'string') return false;
  const lease = found.status === 200 ? (found.body as Lease) : undefined;
  if (lease === undefined && found.status !== 404) return false;
  const now = context.now();
  const holder = lease?.spec?.holderIdentity;
  const isFree = !holder || now - Date.parse(lease?.spec?.renewTime ?? '') > life;
  if (holder !== identity && !isFree) return false;
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
      ? askApi(context, kubeconfig, { method: 'POST', path: leases, body })
      : askApi(context, kubeconfig, { method: 'PUT', path, body });
  const holds = typeof answer !== 'string' && answer.status < 300;
  if (holds && holder !== identity) context.log(`successfully acquired lease kube-system/${name}`);
  return holds;
}

/** Gives a Lease back that `identity` holds, so that the next one need not wait for its end. */
export function releaseLease(
  context: ComponentContext,
  kubeconfig: Kubeconfig,
  name: string,
  identity: string,
): void {
  const path = `${leases}/${name}`;
  const found = askApi(context, kubeconfig, { method: 'GET', path });
  if (typeof found === 'string' || found.status !== 200) return;
  const lease = found.body as Lease;
  if (lease.spec?.holderIdentity !== identity) return;
  const body = { ...lease, spec: { ...lease.spec, holderIdentity: '' } };
  askApi(context, kubeconfig, { method: 'PUT', path, body });
}
