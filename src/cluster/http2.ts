import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import {
  type Endpoint,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  httpClient,
  jsonType,
  limited,
  NoAnswer,
  streamTo,
  textOf,
  usualMs,
} from './http.js';
import { secureContextOf, secureStream, type TlsIdentity } from './secure-stream.js';

/** A client of one server that asks everything at once over one connection, and keeps that until it is closed. */
export interface Asker extends Pick<HttpClient, 'request' | 'close'> {
  /** Begins to connect, so that the first request need not wait for it. Who asks hears of what fails. */
  begin(): void;
}

const wantedProtocol = 'h2';

/** Bytes that a server may send before it hears that they have arrived: at 100 ms, 64 KiB would make 5 Mbit/s of any line. */
const windowBytes = 8 * 1024 * 1024;

/** What was opened: a connection of HTTP/2, or none, where the server speaks only HTTP/1.1. */
type Opened = ClientHttp2Session | 'http/1.1';

/** One attempt at a connection. */
interface Attempt {
  readonly opened: Promise<Opened>;
  /** Whether it is neither open nor has failed yet. */
  isPending(): boolean;
  /** Why what was open has ended, once it has. */
  lost(): Error | undefined;
  end(): void;
}

/**
 * A client of a server of Kubernetes, by HTTP/2: two dozen questions cost one handshake and one round trip. A server that
 * offers only HTTP/1.1, as one with GODEBUG=http2server=0 does, is asked by that.
 */
export function http2Client(endpoint: Endpoint & { readonly tls: TlsIdentity }): Asker {
  const older = httpClient(endpoint);
  const { host } = endpoint.transport;
  let current: Attempt | undefined;
  const forget = (attempt: Attempt) => {
    if (current === attempt) current = undefined;
  };
  const attempt = (): Attempt => {
    if (current !== undefined) return current;
    const begun = attemptAt(endpoint);
    current = begun;
    begun.opened.then(
      (opened) => {
        if (opened === 'http/1.1') return;
        for (const event of ['close', 'goaway']) opened.once(event, () => forget(begun));
      },
      () => forget(begun),
    );
    return begun;
  };
  return {
    begin: () => void attempt(),
    request: async (asked) => {
      const over = new AbortController();
      const { timeoutMs = usualMs } = asked;
      const timer = setTimeout(() => over.abort(new NoAnswer(timeoutMs)), timeoutMs);
      const used = attempt();
      try {
        const opened = await orOver(used.opened, over.signal);
        return opened === 'http/1.1'
          ? await older.request(asked)
          : await ask(opened, host, asked, over.signal);
      } catch (error) {
        // A connection that is not made in time is not waited for by the next one either.
        if (over.signal.aborted && used.isPending()) {
          forget(used);
          used.end();
        }
        throw over.signal.aborted ? over.signal.reason : (used.lost() ?? error);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => {
      current?.end();
      older.close();
    },
  };
}

function attemptAt(endpoint: Endpoint & { readonly tls: TlsIdentity }): Attempt {
  const { address, port, tls } = endpoint;
  let stream: Duplex | undefined;
  let session: ClientHttp2Session | undefined;
  let lost: Error | undefined;
  let ended = false;
  let pending = true;
  const open = async (): Promise<Opened> => {
    stream = await streamTo(endpoint);
    if (ended) stream.destroy();
    stream.on('error', (error) => {
      lost ??= error;
    });
    const context = secureContextOf(tls);
    const verified = tls.ca !== undefined;
    const secure = await secureStream(stream, address, context, verified, [wantedProtocol, 'http/1.1']);
    if (secure.alpnProtocol !== wantedProtocol) {
      secure.destroy();
      return 'http/1.1';
    }
    session = connect(`https://${address.includes(':') ? `[${address}]` : address}:${port}`, {
      createConnection: () => secure,
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    session.on('error', (error) => {
      lost ??= error;
    });
    session.once('connect', () => session?.setLocalWindowSize(windowBytes));
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
    lost: () => lost,
    end: () => {
      ended = true;
      session?.destroy();
      stream?.destroy();
    },
  };
}

async function ask(
  session: ClientHttp2Session,
  host: string,
  request: HttpRequest,
  over: AbortSignal,
): Promise<HttpResponse> {
  const { method, path, body, contentType = jsonType } = request;
  const length =
    body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
  const stream = session.request(
    { [constants.HTTP2_HEADER_METHOD]: method, [constants.HTTP2_HEADER_PATH]: path, ...length },
    // Node would send a deletion without its body.
    { endStream: body === undefined },
  );
  // Whoever waits for it hears of it; later nobody does.
  stream.on('error', () => undefined);
  const stop = () => stream.close(constants.NGHTTP2_CANCEL);
  over.addEventListener('abort', stop, { once: true });
  try {
    if (body !== undefined) stream.end(body);
    const answered = once(stream, 'response') as Promise<[{ readonly ':status'?: number }]>;
    const ended = once(stream, 'close').then(() => {
      throw new Error('the connection ended before the answer came');
    });
    ended.catch(() => undefined);
    const [headers] = await Promise.race([answered, ended]);
    return { status: headers[':status'] ?? 0, body: await textOf(limited(host, request, stream)) };
  } catch (error) {
    // Only what has not come to its end: servers end a connection on which much is reset.
    stop();
    throw error;
  } finally {
    over.removeEventListener('abort', stop);
  }
}

/** What comes first: the work's end, or that it is over. @throws the signal's reason */
function orOver<T>(work: Promise<T>, over: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    over.addEventListener('abort', () => reject(over.reason), { once: true });
    work.then(resolve, reject);
  });
}
