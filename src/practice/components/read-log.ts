import { KubeletServer, kubeletPort } from '../kubelet/kubelet-server.js';
import type { ApiAnswer } from './answer-object.js';
import { ApiError } from './api-error.js';
import type { ApiObjects } from './api-objects.js';
import { parseTarget, type Target } from './api-resources.js';
import type { ComponentContext } from './component.js';
import { distrustServer } from './trust.js';

interface Pod {
  readonly spec?: { readonly nodeName?: string };
}
interface Node {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/**
 * A pod's log, as an API server fetches it from the kubelet, whose certificate it checks when a flag says so.
 * @throws ApiError 500 in its words when there is no way to that kubelet
 */
export function readLog(context: ComponentContext, objects: ApiObjects, target: Target): ApiAnswer {
  const { subresource: _, ...pod } = target;
  const name = (objects.get({ ...pod, subresource: undefined }) as Pod).spec?.nodeName ?? '';
  const node = objects.get(parseTarget(`/api/v1/nodes/${name}`)!) as Node;
  const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
  const failed = (said: string) =>
    new ApiError(500, 'InternalError', `Get "https://${address}:${kubeletPort}/containerLogs": ${said}`);
  const server = context.network.service(context.host, address, kubeletPort);
  if (!(server instanceof KubeletServer))
    throw failed(`dial tcp ${address}:${kubeletPort}: connect: connection refused`);
  const authority = context.flags.get('kubelet-certificate-authority');
  const reason =
    authority && distrustServer(server.certificate, context.read(authority), address, context.now());
  if (reason) throw failed(`tls: failed to verify certificate: ${reason}`);
  return { status: 200, body: `${target.name} has nothing to say\n` };
}
