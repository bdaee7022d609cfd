import type { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Secret } from '../secret.js';

/** What a client trusts and shows. Without `ca` the server's certificate is not verified. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: Secret;
}

/** Contexts of those who show a certificate, by its key. */
const contexts = new WeakMap<Secret, { readonly of: TlsIdentity; readonly context: SecureContext }>();

/** The identity as TLS wants it. Reading certificates and key is half of a handshake: it is done once for all servers. */
export function secureContextOf(identity: TlsIdentity): SecureContext {
  const { ca, certificate, key } = identity;
  const known = key && contexts.get(key);
  if (known !== undefined && known.of.ca === ca && known.of.certificate === certificate) return known.context;
  const context = createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  });
  if (key !== undefined) contexts.set(key, { of: identity, context });
  return context;
}

/**
 * TLS over a stream that is open already.
 * @param address what the server's certificate must name, when it is verified
 * @param protocols what is offered by ALPN, first choice first
 */
export function secureStream(
  stream: Duplex,
  address: string,
  secureContext: SecureContext,
  verified: boolean,
  protocols: readonly string[] = [],
): Promise<TLSSocket> {
  const options: ConnectionOptions = {
    socket: stream,
    host: address,
    secureContext,
    rejectUnauthorized: verified,
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  };
  return new Promise((resolve, reject) => {
    const socket = connectTls(options, () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended before it was secure')));
  });
}
