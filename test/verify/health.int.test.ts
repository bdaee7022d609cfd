import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createNetServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { httpClient } from '../../src/cluster/http.js';
import type { Failure } from '../../src/failure.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import type { Gate } from '../../src/verify/gate.js';
import { watchGate } from '../../src/verify/health.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { lostTransport, netTransport } from './fake-transport.js';
import { listen } from './listen.js';

/** Answers by path, so that one server serves every case. */
const answer: RequestListener = (request, response) => {
  const answers: Record<string, readonly [number, string]> = {
    '/ok': [200, 'ok'],
    '/failed': [
      500,
      '[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac failed: x\nreadyz check failed',
    ],
    '/many': [500, ['a', 'b', 'c', 'd', 'e'].map((name) => `[-]${name} failed: x`).join('\n')],
    '/plain': [503, '{"health":"false"}'],
  };
  const [status, body] = answers[request.url!] ?? [404, ''];
  if (request.url !== '/silent') response.writeHead(status).end(body);
};

let plain: number;
let secure: number;
const { certificate, key } = selfSigned();
const clients: string[] = [];
beforeAll(async () => {
  plain = await listen(createServer(answer));
  const tls = createTlsServer(
    { cert: certificate, key, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      clients.push((request.socket as TLSSocket).getPeerCertificate()?.subject?.CN?.toString() ?? 'nobody');
      answer(request, response);
    },
  );
  secure = await listen(tls);
});

const gate = (path: string, rest: Partial<Gate> = {}): Gate => ({
  component: 'etcd',
  scheme: 'http',
  address: '127.0.0.1',
  port: plain,
  path,
  ...rest,
});
const keys = fakeKeys([]);

test.each<readonly [string, string | undefined]>([
  ['/ok', undefined],
  ['/failed', 'etcd: /failed: etcd, rbac failed'],
  ['/many', 'etcd: /many: a, b, c and 2 more failed'],
  ['/plain', 'etcd: /plain: HTTP 503 {"health":"false"}'],
  ['/nowhere', 'etcd: /nowhere: HTTP 404 '],
])('%s is told as %s', async (path, said) => {
  const watch = watchGate(netTransport(), gate(path), keys);
  expect(await watch.look()).toEqual(said === undefined ? { ok: true } : { ok: false, missing: said });
  watch.close();
});

test('many looks go over one connection', async () => {
  const transport = netTransport();
  const watch = watchGate(transport, gate('/ok'), keys);
  for (let look = 0; look < 5; look++) expect((await watch.look()).ok).toBe(true);
  expect(transport.streams).toHaveLength(1);
  watch.close();
});

test('what does not listen yet is missing, and is seen when it does', async () => {
  const server = createServer(answer);
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const watch = watchGate(netTransport(), gate('/ok', { port }), keys);
  expect(await watch.look()).toMatchObject({ ok: false, missing: expect.stringContaining('no answer yet') });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await watch.look()).toEqual({ ok: true });
  watch.close();
});

test('who answers late is given more time, until it is enough', async () => {
  const slow = createServer((_, response) => void setTimeout(() => response.end(), 200));
  const watch = watchGate(netTransport(), gate('/ok', { port: await listen(slow) }), keys, {
    first: 20,
    most: 60_000,
  });
  expect(await watch.look()).toMatchObject({ ok: false });
  for (let looks = 0; looks < 12 && !(await watch.look()).ok; looks++);
  expect(await watch.look()).toEqual({ ok: true });
  watch.close();
});

test('a component’s own certificate is not verified, as the kubelet’s probes do not', async () => {
  const watch = watchGate(
    netTransport(),
    gate('/ok', { scheme: 'https', port: secure, component: 'kube-scheduler' }),
    keys,
  );
  expect(await watch.look()).toEqual({ ok: true });
  watch.close();
});

test('a lost connection to the host ends the wait', async () => {
  const watch = watchGate(lostTransport(), gate('/ok'), keys);
  const failure = (await watch.look().catch((error: unknown) => error)) as Failure;
  expect(failure.kind).toBe('connection-lost');
});

test('of hundreds of gates so many are looked at at once that each has its answer in time', async () => {
  const held: ServerResponse[] = [];
  const port = await listen(createServer((_request, response) => void held.push(response)));
  const watches = Array.from({ length: 200 }, () => watchGate(netTransport(), gate('/ok', { port }), keys));
  const looks = watches.map((watch) => watch.look());
  const answered: number[] = [];
  for (let left = watches.length; left > 0; left -= answered.at(-1)!) {
    const expected = Math.min(64, left);
    while (held.length < expected) await turn();
    // More of them would have come by now.
    for (let more = 0; more < 20; more++) await turn();
    answered.push(held.length);
    for (const response of held.splice(0)) response.end();
  }
  expect(answered).toEqual([64, 64, 64, 8]);
  expect(await Promise.all(looks)).toEqual(watches.map(() => ({ ok: true })));
  for (const watch of watches) watch.close();
});

describe('requests through a transport', () => {
  const tls = { ca: certificate, certificate, key: new Secret(key) };

  test('verify the server when they know its authority, and show who asks', async () => {
    // The certificate is for `localhost` and its address; under another address the same server is a stranger.
    const transport = { ...netTransport(), open: () => netTransport().open('127.0.0.1', secure) };
    const client = httpClient({ transport, address: '127.1.2.3', port: secure, tls });
    await expect(client.request({ method: 'GET', path: '/ok' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    client.close();
    const named = httpClient({ transport: netTransport(), address: 'localhost', port: secure, tls });
    expect(await named.request({ method: 'GET', path: '/ok' })).toEqual({ status: 200, body: 'ok' });
    expect(clients.at(-1)).toBe('localhost@practice');
    named.close();
  });

  test('refuse a server of another authority', async () => {
    const other = fakeKeys([]).authorities.ca.certificate;
    const client = httpClient({
      transport: netTransport(),
      address: 'localhost',
      port: secure,
      tls: { ca: other },
    });
    await expect(client.request({ method: 'GET', path: '/ok' })).rejects.toThrow();
    client.close();
  });

  test('give up in time on a server that says nothing', async () => {
    const client = httpClient({ transport: netTransport(), address: '127.0.0.1', port: plain });
    await expect(client.request({ method: 'GET', path: '/silent', timeoutMs: 60 })).rejects.toThrow(
      'no answer',
    );
    expect((await client.request({ method: 'GET', path: '/ok' })).status).toBe(200);
    client.close();
  });

  test('give up in time on a server that never finishes its handshake, and leave no connection behind', async () => {
    const mute = await listen(createNetServer((socket) => socket.on('error', () => undefined)));
    const transport = netTransport();
    const client = httpClient({ transport, address: '127.0.0.1', port: mute, tls: {} });
    await expect(client.request({ method: 'GET', path: '/', timeoutMs: 60 })).rejects.toThrow('no answer');
    client.close();
    await expect.poll(() => transport.streams.map((stream) => stream.destroyed)).toEqual([true]);
  });

  test('end with the connection, wherever it breaks', async () => {
    const cutting = await listen(
      createNetServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')),
      ),
    );
    const client = httpClient({ transport: netTransport(), address: '127.0.0.1', port: cutting });
    await expect(client.request({ method: 'GET', path: '/' })).rejects.toThrow();
    client.close();
  });

  test('keep few of the connections that many of them needed at once', async () => {
    const transport = netTransport();
    const client = httpClient({ transport, address: '127.0.0.1', port: plain });
    await Promise.all(Array.from({ length: 10 }, () => client.request({ method: 'GET', path: '/ok' })));
    await turn();
    expect(transport.streams).toHaveLength(10);
    expect(transport.streams.filter(({ destroyed }) => !destroyed)).toHaveLength(4);
    client.close();
  });
});
