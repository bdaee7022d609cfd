import { Failure } from '../failure.js';
import {
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  httpClient,
  NoAnswer,
  usualMs,
} from './http.js';
import { type Connection, connectHttp2, type SecureEndpoint } from './http2-connection.js';
import { exchange, Unanswered } from './http2-exchange.js';

/** A client of one server that asks everything at once over one connection, and keeps that until it is closed. */
export interface Asker extends Pick<HttpClient, 'request' | 'close'> {
  /** Begins to connect, so that the first request need not wait for it. Who asks hears of what fails. */
  begin(): void;
}

/**
 * A client of a server of Kubernetes, by HTTP/2: two dozen questions cost one handshake and one round trip. A server that
 * offers only HTTP/1.1, as one with GODEBUG=http2server=0 does, is asked by that; and so is again what got no whole answer
 * because of the connection, where asking twice does no harm.
 */
export function http2Client(endpoint: SecureEndpoint): Asker {
  const older = httpClient(endpoint);
  const { host } = endpoint.transport;
  const made = new Set<Connection>();
  let current: Connection | undefined;
  const connection = (): Connection => {
    if (current?.isUsable()) return current;
    const begun = connectHttp2(endpoint);
    current = begun;
    made.add(begun);
    begun.opened.catch(() => forget(begun));
    return begun;
  };
  const forget = (used: Connection) => {
    if (current === used) current = undefined;
  };
  /** @throws Unanswered, what the transport or TLS says, the signal's reason */
  const ask = async (asked: HttpRequest, over: AbortSignal): Promise<HttpResponse | 'http/1.1'> => {
    const used = connection();
    try {
      const opened = await orOver(used.opened, over);
      return opened === 'http/1.1' ? opened : await exchange(opened, host, asked, over);
    } catch (error) {
      if (over.aborted) {
        // What did not answer this one in time is not waited for by the next one.
        forget(used);
        if (used.isPending()) used.end();
        else used.retire();
        throw over.reason;
      }
      const lost = used.lost();
      // What ended SSH is told as that.
      throw lost instanceof Failure ? lost : error;
    }
  };
  return {
    begin: () => void connection(),
    request: async (asked) => {
      const { timeoutMs = usualMs } = asked;
      const until = Date.now() + timeoutMs;
      const over = new AbortController();
      const timer = setTimeout(() => over.abort(new NoAnswer(timeoutMs)), timeoutMs);
      try {
        const answer = await ask(asked, over.signal).catch((error: unknown) => {
          if (isToBeRepeated(asked, error)) return 'http/1.1' as const;
          throw error;
        });
        if (answer !== 'http/1.1') return answer;
        return await older.request({ ...asked, timeoutMs: Math.max(1, until - Date.now()) });
      } catch (error) {
        throw error instanceof NoAnswer ? new NoAnswer(timeoutMs) : error;
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => {
      for (const one of made) one.end();
      older.close();
    },
  };
}

/** A read may be asked twice; all else only where nobody has taken it up. */
const isToBeRepeated = ({ method }: HttpRequest, error: unknown): boolean =>
  error instanceof Unanswered && (error.untouched || method === 'GET');

/** What comes first: the work's end, or that it is over. @throws the signal's reason */
function orOver<T>(work: Promise<T>, over: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    over.addEventListener('abort', () => reject(over.reason), { once: true });
    work.then(resolve, reject);
  });
}
