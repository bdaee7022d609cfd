import { selfSigned } from '../components/self-signed.js';
import { acceptTls } from '../components/tls-acceptor.js';
import type { HostFiles } from '../host-files.js';
import type { Listener } from '../network.js';
import type { KubeletSettings } from './kubelet-settings.js';

/** Where API servers and readers of metrics find a kubelet. */
export const kubeletPort = 10250;

/** What a kubelet serves to API servers: it lets nobody in whom it does not know, and shows its certificate to everyone. */
export class KubeletServer {
  readonly listener: Listener;
  readonly #files: HostFiles;
  readonly #serving: KubeletSettings['serving'];

  constructor(files: HostFiles, { serving }: KubeletSettings) {
    this.#files = files;
    this.#serving = serving;
    if (!files.exists(serving.certificate)) {
      const { certificate, key } = selfSigned();
      files.write(serving.certificate, certificate);
      files.write(serving.key, key);
    }
    this.listener = acceptTls(
      () => ({ certificate: this.certificate, key: files.read(serving.key) ?? '', clients: 'ignore' }),
      (_request, response) => response.writeHead(401, { 'content-type': 'text/plain' }).end('Unauthorized'),
    );
  }

  /** PEM, as it lies on the host now: the file is watched. */
  get certificate(): string {
    return this.#files.read(this.#serving.certificate) ?? '';
  }
}
