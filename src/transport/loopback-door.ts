import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A port of this machine, for its own programs, that leads elsewhere. */
export interface LoopbackDoor {
  readonly port: number;
  /** Ends it, and every connection through it. */
  close(): Promise<void>;
}

/**
 * Listens on a free port of 127.0.0.1 and joins each connection to a stream of its own.
 * @param open where a connection leads; when there is no way, the connection ends
 */
export async function openLoopbackDoor(open: () => Promise<Duplex>): Promise<LoopbackDoor> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    open().then(
      (stream) => join(socket, stream),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function join(socket: Socket, stream: Duplex): void {
  stream.on('error', () => socket.destroy());
  stream.once('close', () => socket.destroy());
  socket.once('close', () => stream.destroy());
  socket.pipe(stream).pipe(socket);
  if (socket.destroyed) stream.destroy();
}
