import type { Duplex, Readable } from 'node:stream';

/** One channel of an SSH connection, whichever client speaks the protocol. */
export interface Channel extends Duplex {
  readonly stderr: Readable;
  /** Ends it, whatever is under way. */
  close(): void;
  /** A program on it has ended: by itself, or by a signal, with `null` and the signal's name. Comes before the next. */
  on(event: 'exit', listener: (code: number | null, signal?: string) => void): this;
  /** The far end has closed it and all is read; with no arguments when that was not the end of a program. */
  on(event: 'close', listener: (code?: number | null, signal?: string) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as Node types the events of streams
  on(event: string, listener: (...args: any[]) => void): this;
}

/** A login to one SSH server that has succeeded. */
export interface Login {
  /** The host key that was trusted. */
  readonly hostKey: Buffer;
  /** Aborted when the connection ends; its reason is a Failure `connection-lost`. */
  readonly lost: AbortSignal;
  /** Where a master of OpenSSH listens for those who go through this server. */
  readonly controlPath?: string;
  /** A channel on which the server runs `command` with the user's login shell. @throws ChannelRefused, CommandRefused, Failure */
  command(command: string): Promise<Channel>;
  /** A channel to an address as the server sees it. @throws ChannelRefused, Failure */
  forward(address: string, port: number): Promise<Channel>;
  /** Ends the connection. Resolves when it is closed. Safe to call more than once. */
  close(): Promise<void>;
}

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED; https://www.rfc-editor.org/rfc/rfc4254#section-5.1 */
const prohibited = 1;

/** The server did not open a channel. */
export class ChannelRefused extends Error {
  /** A rule of the server forbids it; otherwise it failed, and may go better later or to another address. */
  readonly forbidden: boolean;

  /** @param reason as RFC 4254 numbers them */
  constructor(said: string, reason: number | string, cause?: Error) {
    super(said, { cause });
    this.forbidden = reason === prohibited;
  }
}

/** The server opened a channel and then refused to run a command in it. */
export class CommandRefused extends Error {}
