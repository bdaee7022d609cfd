import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/**
 * A channel as an ordinary stream. ssh2's own does not answer writes after the far end closed, ignores the error given
 * to destroy(), and says nothing of a connection that broke.
 *
 * @param verdict for channels of programs: looks at how the program ended, and makes the stream fail with what it gives
 */
export function channelStream(
  channel: ClientChannel,
  lost: AbortSignal,
  verdict?: () => Error | undefined,
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
  channel.on('end', () => {
    if (!verdict && !stream.destroyed) stream.push(null);
  });
  channel.on('close', () => {
    if (stream.destroyed) return;
    const error = verdict?.();
    if (error) return stream.destroy(error);
    if (verdict) stream.push(null);
    if (stream.writable) stream.end();
  });
  return stream;
}
