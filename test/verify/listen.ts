import type { AddressInfo, Server } from 'node:net';
import { afterAll } from 'vitest';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** Listens on loopback until the tests of the file are over. @returns the port */
export const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
