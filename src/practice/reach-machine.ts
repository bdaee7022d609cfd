import { connect } from 'node:net';
import type { Listener } from './network.js';

/** A way to a port of this machine's 127.0.0.1, or undefined when nothing listens there. */
export function reachMachine(port: number): Promise<Listener | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve((stream) => {
        stream.pipe(socket).pipe(stream);
        stream.once('close', () => socket.destroy());
        socket.on('error', () => stream.destroy());
      });
    });
  });
}
