import type { Client, ClientChannel } from 'ssh2';
import { Failure } from '../../failure.js';
import { type Channel, ChannelRefused, CommandRefused, type Login } from './channels.js';

type OpeningError = Error & { readonly reason?: number | string };
type Opening = (done: (error: Error | undefined, channel: ClientChannel) => void) => void;

/** The ways to open channels on a connection of ssh2's. */
export const clientChannels = (client: Client, lost: AbortSignal): Pick<Login, 'command' | 'forward'> => ({
  command: (command) => opened(lost, (done) => client.exec(command, done)),
  forward: (address, port) => opened(lost, (done) => client.forwardOut('127.0.0.1', 0, address, port, done)),
});

/** ssh2 throws, calls back late, or does neither when the connection is gone, so that is watched here. */
function opened(lost: AbortSignal, open: Opening): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(lost.reason as Failure);
    if (lost.aborted) return gone();
    lost.addEventListener('abort', gone, { once: true });
    const done = (error: OpeningError | undefined, channel: ClientChannel) => {
      lost.removeEventListener('abort', gone);
      if (!error) return resolve(channel);
      const { message, reason } = error;
      reject(reason === undefined ? new CommandRefused(message) : new ChannelRefused(message, reason, error));
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
