import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { NoAnswer } from '../../src/cluster/http.js';
import { type Asker, http2Client } from '../../src/cluster/http2.js';
import { LimitExceeded } from '../../src/failure.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import { netTransport } from '../verify/fake-transport.js';

const { certificate, key } = selfSigned();
const mebi = 1024 * 1024;
const ends: (() => void)[] = [];
/** Of servers; an HTTP/2 session does not give its own away. */
const sockets = new Set<Duplex>();
afterEach(() => {
  sockets.clear();
  for (const end of ends.splice(0)) end();
});

interface Served {
  readonly client: Asker;
  /** Connections of HTTP/2, in the order in which they were made. */
  readonly sessions: ServerHttp2Session[];
}

const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

function clientOf(port: number): Asker {
  const tls = { ca: certificate, certificate, key: new Secret(key) };
  const client = http2Client({ transport: netTransport(), address: '127.0.0.1', port, tls });
  ends.push(() => client.close());
  return client;
}

type Answer = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

async function served(answer: Answer): Promise<Served> {
  const sessions: ServerHttp2Session[] = [];
  const server = createSecureServer({ cert: certificate, key, allowHTTP1: true }, answer);
  server.on('session', (session) => sessions.push(session));
  server.on('secureConnection', (socket) => sockets.add(socket));
  const port = await portOf(server);
  ends.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { client: clientOf(port), sessions };
}

const echo: Answer = (request, response) => {
  request.setEncoding('utf8');
  let text = '';
  request.on('data', (more: string) => {
    text += more;
  });
  request.on('end', () => response.writeHead(200).end(`${request.method} ${request.url} ${text}`));
};
const get = (path: string) => ({ method: 'GET', path, timeoutMs: 60_000 }) as const;

test('many questions at once go over one connection, which later ones use as well', async () => {
  const { client, sessions } = await served(echo);
  client.begin();
  const paths = Array.from({ length: 40 }, (_, index) => `/${index}`);
  const answers = await Promise.all(paths.map((path) => client.request(get(path))));
  expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(
    paths.map((path) => `200 GET ${path} `),
  );
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'] as const)
    expect((await client.request({ ...get('/one'), method, body: '{"a":1}' })).body).toBe(
      `${method} /one {"a":1}`,
    );
  expect((await client.request({ ...get('/one'), method: 'DELETE' })).body).toBe('DELETE /one ');
  expect(sessions).toHaveLength(1);
});

test('thousands of questions go over one connection: nothing is reset that has come to its end, which servers take for an attack', async () => {
  const { client, sessions } = await served(echo);
  for (let round = 0; round < 100; round++) {
    const asked = Array.from({ length: 30 }, (_, index) =>
      client.request({ ...get('/'), method: 'PATCH', body: 'x'.repeat(100 * index) }),
    );
    expect((await Promise.all(asked)).every(({ status }) => status === 200)).toBe(true);
  }
  expect(sessions).toHaveLength(1);
});

test('a server that offers only HTTP/1.1 is asked by that', async () => {
  const server = createServer({ cert: certificate, key }, (request, response) =>
    response.end(`HTTP/${request.httpVersion} ${request.url}`),
  );
  const port = await portOf(server);
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = clientOf(port);
  const answers = await Promise.all(['/a', '/b'].map((path) => client.request(get(path))));
  expect(answers.map(({ body }) => body)).toEqual(['HTTP/1.1 /a', 'HTTP/1.1 /b']);
});

test('an answer that is larger than it may be is given up, and the connection goes on', async () => {
  const { client, sessions } = await served((request, response) => {
    if (request.url === '/small') return response.end('small');
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(mebi, 'x')));
    };
    response.on('drain', more);
    more();
  });
  await expect(client.request(get('/endless'))).rejects.toBeInstanceOf(LimitExceeded);
  await expect(client.request({ ...get('/large'), most: mebi })).rejects.toBeInstanceOf(LimitExceeded);
  expect((await client.request(get('/small'))).body).toBe('small');
  expect(sessions).toHaveLength(1);
});

test('a question that is not answered in time is given up, others on the connection are not, and later ones have a new one', async () => {
  const late: (() => void)[] = [];
  const { client, sessions } = await served((request, response) => {
    if (request.url === '/late') late.push(() => response.end('late'));
    else if (request.url !== '/never') response.end('now');
  });
  const other = client.request(get('/late'));
  await expect(client.request({ ...get('/never'), timeoutMs: 200 })).rejects.toBeInstanceOf(NoAnswer);
  for (const answer of late) answer();
  expect((await other).body).toBe('late');
  expect((await client.request(get('/soon'))).body).toBe('now');
  expect(sessions).toHaveLength(2);
});

test('a connection that is not made in time is not waited for again', async () => {
  let met = 0;
  const sockets: { destroy(): void }[] = [];
  const mute = createPlainServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    met += 1;
  });
  const port = await portOf(mute);
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const client = clientOf(port);
  for (const _ of [1, 2])
    await expect(client.request({ ...get('/'), timeoutMs: 200 })).rejects.toBeInstanceOf(NoAnswer);
  expect(met).toBe(2);
});

test('a connection that the server ends is made again for the next question', async () => {
  const { client, sessions } = await served(echo);
  await client.request(get('/one'));
  sessions[0]!.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await client.request(get('/two'))).status).toBe(200);
  sessions[1]!.goaway();
  sessions[1]!.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await client.request(get('/three'))).status).toBe(200);
  expect(sessions).toHaveLength(3);
});

/** Ends the connection of whoever asks by HTTP/2, in one way or another; `before` bytes of the answer come first. */
const ending = (end: (response: Http2ServerResponse) => void, before: number, asked: string[]): Answer => {
  return (request, response) => {
    asked.push(`${request.httpVersion} ${request.method}`);
    if (request.httpVersion === '1.1') return response.end('whole');
    if (before === 0) return end(response);
    response.writeHead(200);
    response.write('x'.repeat(before), () => end(response));
  };
};

describe.each([
  ['the connection breaks', () => sockets.forEach((socket) => void socket.destroy())],
  ['the connection is ended', (response: Http2ServerResponse) => response.stream.session?.destroy()],
  ['the stream is reset', (response: Http2ServerResponse) => response.stream.close(2)],
])('%s', (_what, end) => {
  test.each([0, 1, 100_000])(
    'after %i bytes of an answer: a read is asked again, a change is not',
    async (before) => {
      const asked: string[] = [];
      const { client } = await served(ending(end, before, asked));
      expect((await client.request(get('/'))).body).toBe('whole');
      await expect(client.request({ ...get('/'), method: 'PATCH', body: '{}' })).rejects.toThrow();
      expect(asked).toEqual(['2.0 GET', '1.1 GET', '2.0 PATCH']);
    },
  );
});

test('a change that the server gives back untouched is asked again', async () => {
  const asked: string[] = [];
  const { client } = await served(ending((response) => response.stream.close(7), 0, asked));
  expect((await client.request({ ...get('/'), method: 'PATCH', body: '{}' })).body).toBe('whole');
  expect(asked).toEqual(['2.0 PATCH', '1.1 PATCH']);
});

test('an answer of another length than it promised is none', async () => {
  const { client } = await served((request, response) => {
    if (request.httpVersion === '1.1') return response.end('whole');
    response.writeHead(200, { 'content-length': 100 }).end('part');
  });
  expect((await client.request(get('/'))).body).toBe('whole');
});

test('answers to many at once are whole or none, while the server ends one connection after another', async () => {
  const { client, sessions } = await served((request, response) => {
    const size = 1000 * Number(request.url?.slice(1));
    if (request.httpVersion === '2.0' && size === 29_000) sessions.at(-1)?.goaway();
    if (request.httpVersion === '2.0' && size === 17_000) setImmediate(() => sessions.at(-1)?.destroy());
    response.write('x'.repeat(size / 2), () => response.end('x'.repeat(size / 2)));
  });
  for (let round = 0; round < 20; round++) {
    const asked = Array.from({ length: 30 }, (_, size) => client.request(get(`/${size}`)));
    expect((await Promise.all(asked)).map(({ body }) => body.length)).toEqual(
      Array.from({ length: 30 }, (_, size) => 1000 * size),
    );
  }
});

test('who nobody listens to hears why', async () => {
  const server = createPlainServer();
  const port = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  const client = clientOf(port);
  client.begin();
  await expect(client.request(get('/'))).rejects.toThrow('refused');
});
