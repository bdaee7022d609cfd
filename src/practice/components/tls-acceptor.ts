import { createServer, type RequestListener } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { Listener } from '../network.js';

/** What a TLS server shows and asks for. PEM. */
export interface TlsSettings {
  readonly certificate: string;
  readonly key: string;
  /** Authorities of clients. */
  readonly clientAuthorities?: string;
  /** `demand` ends the handshake without a good client certificate; `ask` leaves the judgement to the handler. */
  readonly clients: 'ignore' | 'ask' | 'demand';
}

/**
 * Serves HTTP over TLS on streams.
 * @param settings asked for each connection: a server that reads its certificates again shows the new ones then
 */
export function acceptTls(settings: () => TlsSettings, handler: RequestListener): Listener {
  let current: TlsSettings | undefined;
  let server: Http2SecureServer | undefined;
  return (stream) => {
    const next = settings();
    if (server === undefined || JSON.stringify(next) !== JSON.stringify(current))
      server = makeServer(next, handler);
    current = next;
    server.emit('connection', stream);
  };
}

/** As servers of Go do, it offers HTTP/2 to whoever can speak it. */
function makeServer(settings: TlsSettings, handler: RequestListener): Http2SecureServer {
  const { certificate, key, clientAuthorities, clients } = settings;
  const server = createSecureServer(
    {
      allowHTTP1: true,
      cert: certificate,
      key,
      ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities }),
      requestCert: clients !== 'ignore',
      rejectUnauthorized: clients === 'demand',
    },
    // Node makes requests and answers of both protocols alike.
    handler as unknown as Parameters<typeof createSecureServer>[1],
  );
  // A client that is refused has been told by TLS itself.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** Serves plain HTTP on streams. */
export function acceptHttp(handler: RequestListener): Listener {
  const server = createServer(handler);
  return (stream) => void server.emit('connection', stream);
}
