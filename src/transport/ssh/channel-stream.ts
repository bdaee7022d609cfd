import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/**
 * A channel as an ordinary stream. ssh2's own does not answer writes after the far end closed, ignores the error given
 * to destroy(), and says nothing of a connection that broke.
 *
 * @param verdict called when the channel has closed: an error makes the stream fail with it
 */
export function channelStream(
  channel: ClientChannel,
  lost: AbortSignal,
  verdict: () => Error | undefined,
): Duplex {
  let pending: ((error?: Error | null) => void) | undefined;
  const stream = new Duplex({
    read: () => channel.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      pending = done;
      channel.write(chunk, () => {
        pending = undefined;
        done();
      });
    },
    final: (done) => {
      channel.end();
      done();
    },
    destroy: (error, done) => {
      lost.removeEventListener('abort', gone);
      pending?.(error);
      channel.resume();
      channel.close();
      done(error);
    },
  });
  const gone = () => stream.destroy(lost.reason as Error);
  lost.addEventListener('abort', gone, { once: true });
  channel.on('error', (error: Error) => stream.destroy(error));
  channel.on('data', (chunk: Buffer) => stream.push(chunk) || channel.pause());
  channel.on('end', () => !lost.aborted && stream.push(null));
  channel.on('close', () => {
    // When the connection breaks, channels hear of it before `lost` does.
    setImmediate(() => {
      const error = lost.aborted ? (lost.reason as Error) : verdict();
      if (error) stream.destroy(error);
      else if (stream.writable) stream.end();
    });
  });
  return stream;
}
