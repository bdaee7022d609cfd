import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
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
  let server: Server | undefined;
  return (stream) => {
    const next = settings();
    if (server === undefined || JSON.stringify(next) !== JSON.stringify(current))
      server = makeServer(next, handler);
    current = next;
    server.emit('connection', stream);
  };
}

function makeServer(settings: TlsSettings, handler: RequestListener): Server {
  const { certificate, key, clientAuthorities, clients } = settings;
  const server = createTlsServer(
    {
      cert: certificate,
      key,
      ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities }),
      requestCert: clients !== 'ignore',
      rejectUnauthorized: clients === 'demand',
    },
    handler,
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
