import { clientsOfApi } from '../../desired/pods/dependence.js';
import { type Host, isControlPlane } from '../../inventory/inventory.js';
import type { Step } from '../step.js';

/**
 * Picks what of a host's steps is of no use before there is an API server. A new static pod that speaks to it: started
 * earlier, a scheduler is refused what it asks, goes on without the configuration that tells it whom to trust, and asks
 * again only after growing pauses. And the kubelet of a worker: it makes such pauses before it registers, too. Pure.
 * @param down the cluster exists and is down: workers have pods that need no API server
 */
export const startsClient =
  (host: Pick<Host, 'roles'>, down: boolean): ((step: Step) => boolean) =>
  ({ action }) =>
    (action.do === 'put-manifest' && clientsOfApi.includes(action.pod)) ||
    (!isControlPlane(host) && !down && action.do === 'start-unit' && action.name === 'kubelet.service');
