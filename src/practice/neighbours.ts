import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How practice hosts find one another's SSH servers, which are on 127.0.0.1 of this machine: a file for the stand-in of
 * ssh(1), with a line `ADDRESS PORT` for each. A client comes from 127.x.y.z when its host has the address 10.x.y.z, so
 * that servers can tell who it is.
 */
export class Neighbours {
  readonly #file: string;
  readonly #ports = new Map<string, number>();

  /** @param directory the site's own */
  constructor(directory: string) {
    this.#file = join(directory, neighboursFile);
  }

  add(address: string, port: number): void {
    this.#ports.set(address, port);
    writeFileSync(this.#file, [...this.#ports].map((pair) => `${pair.join(' ')}\n`).join(''));
    chmodSync(this.#file, 0o644);
  }

  /** The address in the practice network of who comes from an address of this machine. */
  addressOf(client: string): string {
    const tail = client.replace(/^(::ffff:)?127\./, '.');
    return [...this.#ports.keys()].find((address) => address.replace(/^\d+\./, '.') === tail) ?? client;
  }
}

/** Its name in the site's directory. */
export const neighboursFile = 'neighbours';
