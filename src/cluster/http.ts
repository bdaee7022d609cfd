import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { LimitExceeded } from '../failure.js';
import type { Transport } from '../transport/transport.js';
import { secureContextOf, secureStream, type TlsIdentity } from './secure-stream.js';

/** A server as one host sees it, reached through that host's transport. */
export interface Endpoint {
  readonly transport: Transport;
  readonly address: string;
  /** Another address of the same server, tried where nobody listens at the first. */
  readonly otherwise?: string;
  readonly port: number;
  /** Absent for plain HTTP. Without `ca` the server's certificate is not verified, as the kubelet's probes do not. */
  readonly tls?: TlsIdentity;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Milliseconds for the whole exchange. Default: 5,000. */
  readonly timeoutMs?: number;
  /** Bytes that the answer may have. Default: 16 MiB. */
  readonly most?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** An answer other than 200 to a request whose body was to be streamed. */
export class HttpStatus extends Error {
  override readonly name = 'HttpStatus';
  readonly status: number;
  readonly body: string;

  constructor({ status, body }: HttpResponse) {
    super(`HTTP ${status}: ${body.trim().slice(0, 400)}`);
    this.status = status;
    this.body = body;
  }
}

/** Nothing came in time: the server may be away, or be there and slow. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  /** @param timeoutMs milliseconds that it was waited for */
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1000} s`);
  }
}

/** A client that keeps its connections until it is closed. */
export interface HttpClient {
  /** @throws NoAnswer when nothing came in time; LimitExceeded; the socket's error when there was no connection */
  request(request: HttpRequest): Promise<HttpResponse>;
  /**
   * The same for a body too large to hold, as it comes. `timeoutMs` is the longest silence.
   * @throws HttpStatus when the answer is not 200; LimitExceeded; the socket's error when there was none
   */
  stream(request: HttpRequest): AsyncIterable<Buffer>;
  close(): void;
}

/** Type of the body of a request that says nothing of it. */
export const jsonType = 'application/json';
/** Milliseconds for the whole exchange of such a request. */
export const usualMs = 5_000;

/** An HTTP client whose connections are streams of a transport: the operator needs port 22 and nothing else. */
export function httpClient(endpoint: Endpoint): HttpClient {
  const beginning = new Set<Duplex>();
  const agent = endpoint.tls ? tlsAgent(endpoint, endpoint.tls, beginning) : plainAgent(endpoint);
  const dropBeginning = () => {
    for (const stream of beginning) stream.destroy();
  };
  const send = endpoint.tls ? requestHttps : requestHttp;
  /** @param onResponse is told of the answer, and of a way to say that something still comes */
  const begin = (
    { method, path, body, contentType = jsonType, timeoutMs = usualMs }: HttpRequest,
    onResponse: (response: IncomingMessage, alive: () => void) => void,
    reject: (error: Error) => void,
  ) => {
    const headers =
      body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
    const { address, port } = endpoint;
    const call = send({ host: address, port, method, path, headers, agent }, (response) =>
      onResponse(response, () => timer.refresh()),
    );
    const timer = setTimeout(() => {
      const late = new NoAnswer(timeoutMs);
      // A request that waits for its connection does not hear that it is destroyed.
      reject(late);
      if (!call.socket) dropBeginning();
      call.destroy(late);
    }, timeoutMs);
    call.on('close', () => clearTimeout(timer));
    call.on('error', reject);
    call.end(body);
  };
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        const { host } = endpoint.transport;
        begin(request, (response) => collect(host, request, response).then(resolve, reject), reject);
      }),
    stream: async function* (request) {
      const { response, alive } = await new Promise<{ response: IncomingMessage; alive: () => void }>(
        (resolve, reject) => {
          begin(request, (response, alive) => resolve({ response, alive }), reject);
        },
      );
      const { host } = endpoint.transport;
      const { most: _, ...rest } = request;
      if (response.statusCode !== 200) throw new HttpStatus(await collect(host, rest, response));
      for await (const chunk of limited(host, request, response)) {
        alive();
        yield chunk;
      }
    },
    close: () => {
      dropBeginning();
      agent.destroy();
    },
  };
}

/** Bytes of an answer that is to be held in memory. */
export const mostHeld = 16 * 1024 * 1024;

/** An answer that has more bytes than it may. */
export const tooLarge = (host: string, { method, path, most = mostHeld }: HttpRequest): LimitExceeded =>
  new LimitExceeded({
    kind: 'gate',
    doing: `Reading the answer to ${method} ${path}`,
    where: { host },
    said: `it has more than the ${most} bytes that it may have`,
    next: 'Whatever answers at that port of the host is not what it should be: look at the host.',
  });

/** The bytes of an answer, which is given up as soon as it has more than it may; nothing in it is decompressed. */
async function* limited(
  host: string,
  request: HttpRequest,
  response: IncomingMessage,
): AsyncIterable<Buffer> {
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > (request.most ?? mostHeld)) throw tooLarge(host, request);
    yield chunk as Buffer;
  }
}

async function collect(host: string, request: HttpRequest, response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(host, request, response)) chunks.push(chunk);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

/** Of one client at once: each costs a handshake on both sides, and twenty objects are asked for in one go. */
const mostConnections = 4;
/** More may come late, after their request was given up: an agent counts a connection only once it is made. */
const kept = { keepAlive: true, maxFreeSockets: mostConnections };

type Connected = (error: Error | null, stream: Duplex) => void;

/** node:http lets an agent make its connection asynchronously through this callback; its types do not say so. */
function override(agent: HttpAgent, open: () => Promise<Duplex>): void {
  Object.assign(agent, {
    createConnection: (_options: unknown, done: Connected) => {
      open().then(
        (stream) => done(null, stream),
        (error: Error) => done(error, undefined as unknown as Duplex),
      );
    },
  });
}

export const streamTo = ({ transport, address, otherwise, port }: Endpoint): Promise<Duplex> => {
  const stream = transport.open(address, port);
  return otherwise === undefined ? stream : stream.catch(() => transport.open(otherwise, port));
};

function plainAgent(endpoint: Endpoint): HttpAgent {
  const agent = new HttpAgent(kept);
  override(agent, async () => asSocket(await streamTo(endpoint)));
  return agent;
}

/** @param beginning holds the streams whose handshake has not ended */
function tlsAgent(endpoint: Endpoint, tls: NonNullable<Endpoint['tls']>, beginning: Set<Duplex>): HttpsAgent {
  const agent = new HttpsAgent({ ...kept, maxSockets: mostConnections });
  let shared: SecureContext | undefined;
  override(agent, async () => {
    const stream = await streamTo(endpoint);
    shared ??= secureContextOf(tls);
    beginning.add(stream);
    return secureStream(stream, endpoint.address, shared, tls.ca !== undefined).finally(() =>
      beginning.delete(stream),
    );
  });
  return agent;
}

/** http.Agent calls these on what it takes for a net.Socket; a channel of an SSH connection lacks them. */
function asSocket(stream: Duplex): Duplex {
  for (const method of ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'])
    if (!(method in stream)) Object.assign(stream, { [method]: () => stream });
  return stream;
}
