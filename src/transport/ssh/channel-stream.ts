import { Duplex } from 'node:stream';
import type { Sink } from '../output.js';
import type { Channel } from './channels.js';

/** For channels of programs. */
export interface ProgramStream {
  /** Makes of what takes the stream's bytes what takes the channel's. */
  through(sink: Sink): Sink;
  /** Looks at how the program ended, and makes the stream fail with what it gives. */
  verdict(): Error | undefined;
  /** Told of everything that is written. */
  onWrite(): void;
}

/**
 * A channel as an ordinary stream. ssh2's own does not answer writes after the far end closed, ignores the error given
 * to destroy(), and says nothing of a connection that broke.
 */
export function channelStream(channel: Channel, lost: AbortSignal, program?: ProgramStream): Duplex {
  let pending: ((error?: Error | null) => void) | undefined;
  const stream = new Duplex({
    read: () => channel.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      pending = done;
      program?.onWrite();
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
  const take: Sink = (bytes) => void (stream.push(bytes) || channel.pause());
  channel.on('data', program?.through(take) ?? take);
  channel.on('end', () => {
    if (!program && !stream.destroyed) stream.push(null);
  });
  channel.on('close', () => {
    if (stream.destroyed) return;
    const error = program?.verdict();
    if (error) return stream.destroy(error);
    if (program) stream.push(null);
    if (stream.writable) stream.end();
  });
  return stream;
}
