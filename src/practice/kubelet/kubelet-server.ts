import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { selfSigned } from '../components/self-signed.js';
import { acceptTls } from '../components/tls-acceptor.js';
import type { HostFiles } from '../host-files.js';
import type { Listener } from '../network.js';
import type { KubeletSettings } from './kubelet-settings.js';
import { podList } from './pod-list.js';
import type { PodRunner } from './pod-runner.js';

/** Where API servers and readers of metrics find a kubelet. */
export const kubeletPort = 10250;

/**
 * What a kubelet serves to API servers: its pods, to those whom its authority has signed. It lets nobody else in, and shows its
 * certificate to everyone.
 */
export class KubeletServer {
  readonly listener: Listener;
  readonly #files: HostFiles;
  readonly #serving: KubeletSettings['serving'];
  readonly #pods: () => readonly PodRunner[];

  constructor(
    files: HostFiles,
    { serving, clientAuthorities }: KubeletSettings,
    pods: () => readonly PodRunner[],
  ) {
    this.#files = files;
    this.#serving = serving;
    this.#pods = pods;
    if (!files.exists(serving.certificate)) {
      const { certificate, key } = selfSigned();
      files.write(serving.certificate, certificate);
      files.write(serving.key, key);
    }
    this.listener = acceptTls(
      () => {
        const authorities = clientAuthorities === undefined ? undefined : files.read(clientAuthorities);
        return {
          certificate: this.certificate,
          key: files.read(serving.key) ?? '',
          clients: authorities === undefined ? 'ignore' : 'ask',
          ...(authorities === undefined ? {} : { clientAuthorities: authorities }),
        };
      },
      (request, response) => this.#answer(request, response),
    );
  }

  #answer({ method, url, socket }: IncomingMessage, response: ServerResponse): void {
    if (!(socket as TLSSocket).authorized) {
      response.writeHead(401, { 'content-type': 'text/plain' }).end('Unauthorized');
      return;
    }
    if (method === 'GET' && url === '/pods')
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(podList(this.#pods())));
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
  }

  /** PEM, as it lies on the host now: the file is watched. */
  get certificate(): string {
    return this.#files.read(this.#serving.certificate) ?? '';
  }
}
