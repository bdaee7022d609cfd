import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { admittedKeys, type Permission, permittedCommand } from './authorized-keys.js';
import type { Listener } from './network.js';

/** What is behind the SSH server of a host. */
export interface SshHost {
  /** False while logging in is refused. */
  readonly admits: boolean;
  /** Milliseconds that each request takes on its way. */
  readonly latency: number;
  /** The host's own authorized_keys, beside the key that the site logs in with. */
  readonly authorizedKeys: string;
  /** Seconds since 1970 by the host's clock. */
  readonly clock: number;
  /** The address in the practice network of a client that came from an address of this machine. */
  addressOf(client: string): string;
  /** Starts a command; what it reads and writes is the channel. */
  exec(command: string, channel: ServerChannel): Promise<void>;
  /** Who listens on an address, as the host sees it. */
  find(address: string, port: number): Promise<Listener | undefined> | Listener | undefined;
}

export interface SshServer {
  readonly port: number;
  /** Breaks every connection, without a word to the client. */
  drop(): void;
  /** Stops listening and breaks every connection; resolves when the port is free. */
  close(): Promise<void>;
}

/** As many sessions at a time on one connection as sshd allows by default. */
const maxSessions = 10;

/** Starts an SSH server on 127.0.0.1; `port` 0 takes a free one. Root logs in with the key that is allowed, or with one of the host's own authorized_keys. */
export async function serveSsh(
  host: SshHost,
  hostKey: string,
  allowed: ParsedKey,
  port: number,
): Promise<SshServer> {
  const server = new ssh2.Server({ hostKeys: [hostKey], ident: 'practice' }, (client, { ip }) =>
    serveClient(client, host, allowed, ip),
  );
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, '127.0.0.1', resolve);
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    drop,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        drop();
      }),
  };
}

function serveClient(client: Connection, host: SshHost, allowed: ParsedKey, ip: string): void {
  /** What the key that was used permits. */
  let permission: Permission = {};
  // A connection that breaks ends in an error; there is nobody to tell.
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    if (context.method !== 'publickey' || context.username !== 'root' || !host.admits)
      return context.reject(['publickey']);
    const known = [{ key: allowed, permission: {} }, ...admittedKeys(host, ip)].find(
      ({ key }) => context.key.algo === key.type && context.key.data.equals(key.getPublicSSH()),
    );
    const isProven =
      context.signature === undefined ||
      known?.key.verify(context.blob!, context.signature, context.hashAlgo) === true;
    if (known === undefined || !isProven) return context.reject(['publickey']);
    permission = known.permission;
    context.accept();
  });
  let sessions = 0;
  client.on('session', (accept, reject) => {
    if (sessions >= maxSessions) return reject();
    const session = accept();
    sessions++;
    let ended = false;
    const end = () => {
      if (!ended) sessions--;
      ended = true;
    };
    session.once('close', end);
    session.on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.once('close', end);
      after(host.latency, async () => {
        try {
          await host.exec(permittedCommand(command, permission), channel);
        } catch (error) {
          // ssh2 would close the connection without a word.
          channel.stderr.write(`practice host: ${(error as Error).stack}\n`);
          channel.exit(255);
          channel.end();
        }
      });
    });
  });
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (permission.restricted) return reject();
    after(host.latency, async () => {
      const take = await host.find(destIP, destPort);
      if (take === undefined) return reject();
      const channel = accept();
      channel.on('error', () => undefined);
      try {
        take(channel);
      } catch {
        // A server whose certificate has gone drops connections; so does it here.
        channel.destroy();
      }
    });
  });
}

function after(milliseconds: number, action: () => unknown): void {
  if (milliseconds === 0) action();
  else setTimeout(action, milliseconds);
}
