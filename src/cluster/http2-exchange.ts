import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
} from 'node:http2';
import { type HttpRequest, type HttpResponse, jsonType, mostHeld, tooLarge } from './http.js';

/** Error codes of RFC 9113, section 7. */
const code = { noError: 0, refusedStream: 7, cancel: 8 } as const;

/** The connection ended, or the server gave the question back, before there was a whole answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
  /** Nobody has worked on it: it may be asked again, whatever it does. */
  readonly untouched: boolean;

  constructor(said: string, untouched: boolean, cause?: unknown) {
    super(said, { cause });
    this.untouched = untouched;
  }
}

/**
 * Asks one question over a connection. What comes is listened to from the first moment on, and an answer counts only once its
 * stream has closed as it should: a stream that closes may end its data as well, wherever they were.
 * @param over gives the question up
 * @throws Unanswered, LimitExceeded, the signal's reason
 */
export function exchange(
  session: ClientHttp2Session,
  host: string,
  request: HttpRequest,
  over: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (over.aborted) return reject(over.reason);
    let stream: ClientHttp2Stream;
    try {
      stream = begun(session, request);
    } catch (cause) {
      // The connection has ended, or is about to.
      return reject(new Unanswered((cause as Error).message, true, cause));
    }
    const giveUp = (reason: Error) => {
      reject(reason);
      // Only of what has not come to its end: servers end a connection on which much is reset.
      stream.close(code.cancel);
    };
    const onAbort = () => giveUp(over.reason);
    over.addEventListener('abort', onAbort, { once: true });
    let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
    let error: Error | undefined;
    stream.on('response', (came) => {
      headers = came;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > (request.most ?? mostHeld)) giveUp(tooLarge(host, request));
      else chunks.push(chunk);
    });
    stream.on('end', () => {
      ended = true;
    });
    stream.on('error', (cause: Error) => {
      error = cause;
    });
    stream.on('close', () => {
      over.removeEventListener('abort', onAbort);
      const { rstCode, id } = stream;
      const promised = headers['content-length'];
      const isWhole = promised === undefined || Number(promised) === size;
      const status = headers[':status'];
      if (ended && status !== undefined && rstCode === code.noError && error === undefined && isWhole)
        return resolve({ status, body: Buffer.concat(chunks).toString('utf8') });
      const untouched = rstCode === code.refusedStream || id === undefined;
      reject(
        new Unanswered(
          error?.message ?? 'the connection ended before the answer was whole',
          untouched,
          error,
        ),
      );
    });
    if (request.body !== undefined) stream.end(request.body);
  });
}

function begun(session: ClientHttp2Session, { method, path, body, contentType = jsonType }: HttpRequest) {
  const ofBody =
    body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
  return session.request(
    { ':method': method, ':path': path, ...ofBody },
    // Node would send a deletion without its body.
    { endStream: body === undefined },
  );
}
