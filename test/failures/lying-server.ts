import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { httpClient } from '../../src/cluster/http.js';
import type { Keys } from '../../src/pki/keys.js';
import type { Transport } from '../../src/transport/transport.js';
import { words } from './hostile-words.js';

/** A lie in the answers of a control plane's own servers, which have their true certificates. */
export interface ServerLie {
  /** Every n-th answer, the first one among them. */
  readonly every: number;
  readonly kind: 'string' | 'number' | 'cut' | 'words' | 'status' | 'hang' | 'endless' | 'other' | 'gone';
  readonly at: number;
  readonly word: string;
}

export const serverLies: fc.Arbitrary<ServerLie> = fc.record({
  every: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(
    'string',
    'string',
    'string',
    'number',
    'cut',
    'words',
    'status',
    'hang',
    'endless',
    'other',
    'gone',
  ),
  at: fc.nat(),
  word: words,
});

interface Server {
  readonly authority: 'ca' | 'etcd-ca';
  readonly client: 'super-admin' | 'etcd';
  /** Of its certificate and key, on its host. */
  readonly files: string;
}

const servers: Readonly<Record<number, Server>> = {
  6443: { authority: 'ca', client: 'super-admin', files: 'etc/kubernetes/pki/apiserver' },
  2379: { authority: 'etcd-ca', client: 'etcd', files: 'etc/kubernetes/pki/etcd/server' },
};

/**
 * The way to a control plane with somebody between, who has the keys of its API server and of its etcd, passes questions on,
 * and may lie about answers.
 * @param root the host's own files
 * @param lie absent for somebody who only listens
 * @param onAsked hears of every question that may change something: method, path and body
 */
export function betweenServers(
  transport: Transport,
  { authorities, operator }: Keys,
  root: string,
  lie: ServerLie | undefined,
  onAsked: (question: string) => void = () => undefined,
): Transport['open'] {
  let asked = 0;
  return async (address, port) => {
    const served = servers[port];
    if (served === undefined) return transport.open(address, port);
    const upstream = httpClient({
      transport,
      address,
      port,
      tls: {
        ca: authorities[served.authority].certificate,
        certificate: operator[served.client].certificate,
        key: operator[served.client].key,
      },
    });
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = await textOf(request);
      const type = request.headers['content-type'];
      if (request.method !== 'GET') onAsked(`${request.method} ${request.url} ${body}`);
      const real = await upstream.request({
        method: request.method as 'GET',
        path: request.url!,
        ...(body === '' ? {} : { body }),
        ...(type === undefined ? {} : { contentType: type }),
        timeoutMs: 20_000,
      });
      const isLie = lie !== undefined && asked++ % lie.every === 0;
      if (isLie && lie.kind === 'hang') return;
      const told = isLie ? lied(lie, real) : real;
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body);
    };
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    const [mine, theirs] = duplexPair();
    const secure = new TLSSocket(theirs, {
      isServer: true,
      cert: readFileSync(join(root, `${served.files}.crt`)),
      key: readFileSync(join(root, `${served.files}.key`)),
    });
    secure.on('error', () => secure.destroy());
    server.emit('connection', secure);
    const end = () => {
      upstream.close();
      secure.destroy();
    };
    mine.on('close', end);
    theirs.on('close', end);
    return mine;
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function lied({ kind, at, word }: ServerLie, { status, body }: Answer): Answer {
  const instead = (pattern: RegExp, text: string): Answer => {
    const found = [...body.matchAll(pattern)];
    const chosen = found[at % Math.max(1, found.length)];
    if (chosen === undefined) return { status, body: text };
    const end = chosen.index + chosen[0].length;
    return { status, body: `${body.slice(0, chosen.index)}${text}${body.slice(end)}` };
  };
  if (kind === 'string') return instead(/"[^"\n]*"/g, JSON.stringify(word));
  if (kind === 'number') return instead(/\b\d+\b/g, '9'.repeat(1 + (at % 400)));
  if (kind === 'cut') return { status, body: body.slice(0, at % (body.length + 1)) };
  if (kind === 'words') return { status, body: word };
  if (kind === 'status') return { status: [400, 401, 403, 404, 409, 429, 500, 503][at % 8]!, body: word };
  if (kind === 'endless') return { status, body: `${JSON.stringify(word)},`.repeat(1_000_000) };
  if (kind === 'other') return instead(/(?<="name":)"[^"]*"/g, JSON.stringify(word));
  return {
    status: 404,
    body: JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'NotFound', message: word }),
  };
}
