import type { ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { bracket } from '../host/bracket.js';
import { type Endpoint, streamTo } from './http.js';
import { secureContextOf, secureStream, type TlsIdentity } from './secure-stream.js';

export type SecureEndpoint = Endpoint & { readonly tls: TlsIdentity };

const wantedProtocol = 'h2';

/** Bytes that a server may send before it hears that they have arrived: at 100 ms, 64 KiB would make 5 Mbit/s of any line. */
const windowBytes = 8 * 1024 * 1024;

/** Megabytes that Node holds of what is under way before it refuses further questions: large objects are applied by the dozen. */
const mostUnderWay = 1024;

/** What was opened: a connection of HTTP/2, or none, where the server speaks only HTTP/1.1. */
export type Opened = ClientHttp2Session | 'http/1.1';

/** One connection, or the attempt at it. */
export interface Connection {
  /** @throws what the transport or TLS says */
  readonly opened: Promise<Opened>;
  /** Whether it is neither open nor has failed yet. */
  isPending(): boolean;
  /** Whether a question may still be asked over it. */
  isUsable(): boolean;
  /** Why what was open has ended, where that is known. */
  lost(): Error | undefined;
  /** Takes no further questions, and ends once those that are under way are done. */
  retire(): void;
  /** Ends at once, with what is under way. */
  end(): void;
}

/** Opens a connection to a server that may speak HTTP/2. */
export function connectHttp2(endpoint: SecureEndpoint): Connection {
  const { address, port, tls } = endpoint;
  let stream: Duplex | undefined;
  let session: ClientHttp2Session | undefined;
  let lost: Error | undefined;
  let [retired, ended, pending] = [false, false, true];
  const note = (error: Error) => {
    lost ??= error;
  };
  const open = async (): Promise<Opened> => {
    // Only those who have an API server to ask need it.
    const loading = import('node:http2');
    stream = await streamTo(endpoint);
    stream.on('error', note);
    if (ended) stream.destroy();
    const { connect } = await loading;
    const context = secureContextOf(tls);
    const verified = tls.ca !== undefined;
    const secure = await secureStream(stream, address, context, verified, [wantedProtocol, 'http/1.1']);
    if (secure.alpnProtocol !== wantedProtocol) {
      secure.destroy();
      return 'http/1.1';
    }
    session = connect(`https://${bracket(address)}:${port}`, {
      createConnection: () => secure,
      settings: { enablePush: false, initialWindowSize: windowBytes },
      maxSessionMemory: mostUnderWay,
    });
    session.on('error', note);
    session.once('goaway', () => {
      retired = true;
    });
    session.once('connect', () => {
      if (!session!.destroyed) session!.setLocalWindowSize(windowBytes);
    });
    return session;
  };
  const opened = open().finally(() => {
    pending = false;
  });
  // Whoever asks hears of it.
  opened.catch(() => undefined);
  return {
    opened,
    isPending: () => pending,
    isUsable: () => !retired && !ended && !session?.closed && !session?.destroyed,
    lost: () => lost,
    retire: () => {
      retired = true;
      session?.close();
    },
    end: () => {
      ended = true;
      session?.destroy();
      stream?.destroy();
    },
  };
}
