import type { HostFiles } from '../host-files.js';
import type { Kubeconfig } from '../kubeconfig.js';
import type { NetworkHost, PracticeNetwork } from '../network.js';
import type { ApiAnswer } from './answer-object.js';
import { ApiError } from './api-error.js';
import { endpointOfUrl } from './component.js';
import { KubeApiServer } from './kube-apiserver.js';
import { distrustServer } from './trust.js';

/** Where and when a client of the API runs. */
export interface ApiClientGround {
  readonly host: NetworkHost & { readonly files: HostFiles };
  readonly network: PracticeNetwork;
  readonly now: () => number;
}

export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
}

/**
 * A request of a component to the API server that its kubeconfig names, with the judgements that TLS would make on both
 * sides, but without its cost: a thousand kubelets live in one process.
 * @returns the answer, or in words why there was none
 */
export function askApi(
  { host, network, now }: ApiClientGround,
  kubeconfig: Kubeconfig,
  request: ClientRequest,
): ApiAnswer | string {
  const { address, port } = endpointOfUrl(kubeconfig.server);
  const server = network.service(host, resolve(host.files, address), port);
  if (!(server instanceof KubeApiServer)) return `dial tcp ${address}:${port}: connect: connection refused`;
  try {
    const reason = distrustServer(
      server.serverCertificate,
      kubeconfig.authority,
      kubeconfig.serverName ?? address,
      now(),
    );
    if (reason !== undefined) return `tls: failed to verify certificate: ${reason}`;
    const user = server.authenticate(kubeconfig.certificate);
    const { body, ...rest } = request;
    return server.answer({ user, ...rest, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    return error instanceof ApiError ? error.message : `EOF: ${(error as Error).message}`;
  }
}

/** A name by the host's own /etc/hosts; there is no DNS here. */
function resolve(files: HostFiles, name: string): string {
  const line = (files.read('/etc/hosts') ?? '')
    .split('\n')
    .find((one) => one.split(/\s+/).slice(1).includes(name));
  return line?.split(/\s+/)[0] ?? name;
}
