import type { Duplex } from 'node:stream';

/** Takes a connection to a port, as a server does. */
export type Listener = (stream: Duplex) => void;

/** A host as the practice network knows it. */
export interface NetworkHost {
  readonly name: string;
  /** Its IP address in the practice network. */
  readonly address: string;
}

interface Socket {
  readonly host: NetworkHost;
  readonly address: string;
  readonly port: number;
  readonly program: string;
  readonly listener: Listener;
  /** The server itself, for clients that live in this process too. */
  readonly service: object | undefined;
}

interface Sharer {
  readonly host: NetworkHost;
  readonly has: () => boolean;
}

/** Stands for a proxy among services: the server that it leads to now, or undefined. */
export class Forwarder {
  constructor(readonly behind: () => object | undefined) {}
}

const isLoopback = (address: string): boolean => /^127\.|^::1$|^localhost$/.test(address);
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::' || address === '';

/** The network between the hosts of one site. It is in memory: no port of the real machine is taken. */
export class PracticeNetwork {
  readonly #sockets = new Map<string, Socket>();
  /** Hosts that hand an address to one another, the last one that took it last. */
  readonly #sharers = new Map<string, readonly Sharer[]>();
  readonly #changed: (host: NetworkHost) => void;

  /** @param changed called when a host's list of listening sockets changes */
  constructor(changed: (host: NetworkHost) => void) {
    this.#changed = changed;
  }

  /**
   * Listens on an address of a host, or on all of them.
   * @returns what ends it
   * @throws Error `address already in use`
   */
  listen(
    host: NetworkHost,
    address: string,
    port: number,
    program: string,
    listener: Listener,
    service?: object,
  ): () => void {
    const keys = isWildcard(address)
      ? [this.#key(host, '127.0.0.1', port), this.#key(host, host.address, port)]
      : [this.#key(host, address, port)];
    if (!isWildcard(address) && !isLoopback(address) && address !== host.address)
      throw new Error(`listen tcp ${address}:${port}: bind: cannot assign requested address`);
    if (keys.some((key) => this.#sockets.has(key)))
      throw new Error(`listen tcp ${address}:${port}: bind: address already in use`);
    const socket: Socket = { host, address, port, program, listener, service };
    for (const key of keys) this.#sockets.set(key, socket);
    this.#changed(host);
    return () => {
      for (const key of keys) if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
      this.#changed(host);
    };
  }

  /** From now on this host is the one that has an address beside its own, as long as `has` says so. */
  share(address: string, host: NetworkHost, has: () => boolean): void {
    const others = (this.#sharers.get(address) ?? []).filter((one) => one.host !== host);
    this.#sharers.set(address, [...others, { host, has }]);
  }

  /** Who takes a connection from `host` to an address, or undefined when it is refused. */
  find(host: NetworkHost, address: string, port: number): Listener | undefined {
    return this.#socket(host, address, port)?.listener;
  }

  /** The server that `host` would reach at an address, through a proxy too, or undefined when nothing listens there. */
  service(host: NetworkHost, address: string, port: number): object | undefined {
    const service = this.#socket(host, address, port)?.service;
    return service instanceof Forwarder ? service.behind() : service;
  }

  /** Ends everything that listens on a host. */
  closeAll(host: NetworkHost): void {
    for (const [key, socket] of this.#sockets) if (socket.host === host) this.#sockets.delete(key);
  }

  /** The host's listening sockets as lines of `ss -Hltnp`. */
  describe(host: NetworkHost): string {
    const lines = new Set<string>();
    for (const { host: owner, address, port, program } of this.#sockets.values())
      if (owner === host) {
        const local = isWildcard(address)
          ? `*:${port}`
          : `${address.includes(':') ? `[${address}]` : address}:${port}`;
        lines.add(
          `LISTEN 0      4096   ${local.padStart(24)}        0.0.0.0:*    users:(("${program.slice(0, 15)}",pid=1000,fd=3))`,
        );
      }
    return [...lines].map((line) => `${line}\n`).join('');
  }

  #socket(host: NetworkHost, address: string, port: number): Socket | undefined {
    const holder = this.#sharers.get(address)?.findLast(({ has }) => has())?.host;
    return this.#sockets.get(this.#key(host, holder?.address ?? address, port));
  }

  #key(host: NetworkHost, address: string, port: number): string {
    return isLoopback(address) ? `${host.name} ${port}` : `${address} ${port}`;
  }
}
