import type { SecureContext } from 'node:tls';
import { bracket } from '../host/bracket.js';
import { head } from '../transport/output.js';
import { type Endpoint, HttpStatus, NoAnswer } from './http.js';
import { secureContextOf, secureStream } from './secure-stream.js';

/** What became of one exchange of messages. */
export interface SocketEnd {
  /** How the server closed it: RFC 6455, 1000 for a good end, 1006 for none. */
  readonly code: number;
  readonly reason: string;
}

export interface SocketTalk {
  /** With its query. */
  readonly path: string;
  /** The subprotocol. */
  readonly protocol: string;
  /** Milliseconds for the whole of it. */
  readonly timeoutMs: number;
  readonly onOpen?: (send: (message: Uint8Array) => void) => void;
  /** @param end closes the socket: there is nothing more to be heard */
  readonly onMessage: (message: Buffer, end: () => void) => void;
  readonly signal?: AbortSignal;
}

/** Bytes that are listened to in one exchange: what checks ask for is a few lines. */
const mostHeard = 1024 * 1024;

/** Opens one WebSocket after another to a server, each over a stream of the endpoint's transport. */
export function webSockets({ transport, address, port, tls = {} }: Endpoint): {
  /** @throws HttpStatus when the server does not want to; NoAnswer when no end came in time; the socket's error when it broke */
  talk(talk: SocketTalk): Promise<SocketEnd>;
} {
  let shared: SecureContext | undefined;
  const connect = async () => {
    const stream = await transport.open(address, port);
    shared ??= secureContextOf(tls);
    return secureStream(stream, address, shared, tls.ca !== undefined);
  };
  return {
    talk: async ({ path, protocol, timeoutMs, onOpen, onMessage, signal }) => {
      const late = AbortSignal.timeout(timeoutMs);
      const over = signal === undefined ? late : AbortSignal.any([late, signal]);
      // Only checks speak so: no other command waits for its code.
      const { WebSocket } = await import('ws');
      const connection = await inTime(connect(), over, timeoutMs);
      // The stream is secure already, so its address says `ws`.
      const socket = new WebSocket(`ws://${bracket(address)}:${port}${path}`, protocol, {
        createConnection: () => connection,
        perMessageDeflate: false,
        maxPayload: mostHeard,
      });
      try {
        return await new Promise<SocketEnd>((resolve, reject) => {
          over.addEventListener('abort', () => reject(overSaid(over, timeoutMs)), { once: true });
          socket.on('open', () => onOpen?.((message) => socket.send(message)));
          let heard = 0;
          socket.on('message', (data: Buffer) => {
            heard += data.length;
            if (heard > mostHeard) reject(new Error(`it said more than ${mostHeard} bytes`));
            else onMessage(data, () => socket.close(1000));
          });
          socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
          socket.on('unexpected-response', (_request, response) => {
            const said = head(mostHeard);
            response.on('data', said.take);
            response.on('end', () =>
              reject(new HttpStatus({ status: response.statusCode ?? 0, body: said.text() })),
            );
            response.on('error', reject);
          });
          socket.on('error', reject);
        });
      } finally {
        socket.terminate();
        connection.destroy();
      }
    },
  };
}

const overSaid = ({ reason }: AbortSignal, timeoutMs: number): Error =>
  (reason as Error)?.name === 'TimeoutError' ? new NoAnswer(timeoutMs) : new Error('it was stopped');

async function inTime<T extends { destroy(): void }>(
  opening: Promise<T>,
  over: AbortSignal,
  timeoutMs: number,
): Promise<T> {
  const stopped = new Promise<never>((_resolve, reject) => {
    const onAbort = () => reject(overSaid(over, timeoutMs));
    if (over.aborted) onAbort();
    over.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([opening, stopped]);
  } catch (error) {
    // One that comes late is of no use.
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}
