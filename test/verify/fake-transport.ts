import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure } from '../../src/failure.js';
import type { Transport } from '../../src/transport/transport.js';

/** A host whose ports are those of this machine's loopback; `streams` are the connections that were opened. */
export function netTransport(): Transport & { readonly streams: Duplex[] } {
  const streams: Duplex[] = [];
  return {
    host: 'cp-1',
    streams,
    exec: () => Promise.reject(new Error('nothing runs here')),
    open: (address, port) =>
      new Promise((resolve, reject) => {
        const socket = connect(port, address, () => resolve(socket));
        streams.push(socket);
        socket.on('error', (cause) =>
          reject(new Failure({ kind: 'unreachable', doing: 'Connecting', said: 'refused', cause })),
        );
      }),
    close: async () => undefined,
  };
}

/** A host that went away. */
export const lostTransport = (): Transport => {
  const lost = new Failure({ kind: 'connection-lost', doing: 'Using the connection', said: 'it is gone' });
  return {
    host: 'cp-1',
    exec: () => Promise.reject(lost),
    open: () => Promise.reject(lost),
    close: async () => undefined,
  };
};
