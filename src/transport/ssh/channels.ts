import type { ClientChannel } from 'ssh2';
import { Failure } from '../../failure.js';
import type { Login } from './login.js';

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED; https://www.rfc-editor.org/rfc/rfc4254#section-5.1 */
const prohibited = 1;

type OpeningError = Error & { readonly reason?: number | string };

/** The server did not open a channel. */
export class ChannelRefused extends Error {
  /** A rule of the server forbids it; otherwise it failed, and may go better later or to another address. */
  readonly forbidden: boolean;

  constructor(cause: OpeningError) {
    super(cause.message, { cause });
    this.forbidden = cause.reason === prohibited;
  }
}

/** The server opened a channel and then refused to run a command in it. */
export class CommandRefused extends Error {}

type Opening = (done: (error: Error | undefined, channel: ClientChannel) => void) => void;

/** A channel on which the server runs `command` with the user's login shell. @throws ChannelRefused, CommandRefused, Failure */
export const commandChannel = (login: Login, command: string): Promise<ClientChannel> =>
  opened(login, (done) => login.client.exec(command, done));

/** A channel to an address as the server sees it. @throws ChannelRefused, Failure */
export const forwardChannel = (login: Login, address: string, port: number): Promise<ClientChannel> =>
  opened(login, (done) => login.client.forwardOut('127.0.0.1', 0, address, port, done));

/** ssh2 throws, calls back late, or does neither when the connection is gone, so that is watched here. */
function opened({ lost }: Login, open: Opening): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(lost.reason as Failure);
    if (lost.aborted) return gone();
    lost.addEventListener('abort', gone, { once: true });
    const done = (error: OpeningError | undefined, channel: ClientChannel) => {
      lost.removeEventListener('abort', gone);
      if (!error) return resolve(channel);
      reject(error.reason === undefined ? new CommandRefused(error.message) : new ChannelRefused(error));
    };
    try {
      open(done);
    } catch (cause) {
      reject(lost.aborted ? lost.reason : notConnected(cause));
    }
  });
}

const notConnected = (cause: unknown): Failure =>
  new Failure({
    kind: 'connection-lost',
    doing: 'using the SSH connection',
    said: cause instanceof Error ? cause.message : String(cause),
    next: 'run the same command again: it continues where this one stopped',
    cause,
  });
