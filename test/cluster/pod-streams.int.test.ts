import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type PodStreams, podStreams } from '../../src/cluster/pod-streams.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import { lostTransport, netTransport } from '../verify/fake-transport.js';

const { certificate, key } = selfSigned();
const pod = { namespace: 'default', name: 'one' };
const limits = { timeoutMs: 5_000 };
const frame = (channel: number, content: string | Uint8Array) =>
  Buffer.concat([Buffer.of(channel), Buffer.from(content)]);
const end = (status: object) => frame(3, JSON.stringify({ kind: 'Status', ...status }));
const exitCode = (code: string) =>
  end({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  });

/** What an API server does, by the first word of the command or the port. */
const acts: Readonly<Record<string, (socket: WebSocket) => void>> = {
  say: (socket) => {
    const letters = Buffer.from('é漢');
    // A letter may be cut in two.
    socket.send(frame(1, letters.subarray(0, 3)));
    socket.send(frame(2, 'a warning'));
    socket.send(frame(1, letters.subarray(3)));
    socket.send(end({ status: 'Success' }));
  },
  fail: (socket) => {
    socket.send(frame(2, 'no such file'));
    socket.send(exitCode('2'));
  },
  missing: (socket) => socket.send(end({ status: 'Failure', message: 'executable file not found in $PATH' })),
  silent: () => undefined,
  cut: (socket) => socket.terminate(),
  '8080': (socket) => {
    for (const channel of [0, 1]) socket.send(frame(channel, Uint8Array.of(0x90, 0x1f)));
    socket.on('message', (data: Buffer) => {
      socket.send(frame(0, `you said ${data.subarray(1)}`));
      socket.close();
    });
  },
  '9': (socket) => {
    for (const channel of [0, 1]) socket.send(frame(channel, Uint8Array.of(9, 0)));
    socket.send(frame(1, 'connect: connection refused'));
    socket.close();
  },
};

let streams: PodStreams;
const asked: string[] = [];
const server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false });
beforeAll(async () => {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, stream, head) => {
    asked.push(`${request.url} ${request.headers['sec-websocket-protocol']}`);
    const { searchParams, pathname } = new URL(request.url!, 'http://api');
    if (pathname.includes('/pods/none/')) {
      const body = JSON.stringify({ kind: 'Status', message: 'pods "none" not found' });
      return void stream.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }
    sockets.handleUpgrade(request, stream, head, (socket) =>
      acts[searchParams.get('command') ?? searchParams.get('ports')!]!(socket),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tls = { ca: certificate, certificate, key: new Secret(key) };
  streams = podStreams({ transport: netTransport(), address: '127.0.0.1', port, tls });
});
afterAll(() => void server.close());

describe('exec', () => {
  test('gives what a program says, whole, and how it ended', async () => {
    expect(await streams.exec(pod, ['say', 'two words'], limits)).toEqual({
      code: 0,
      stdout: 'é漢',
      stderr: 'a warning',
    });
    expect(asked.at(-1)).toBe(
      '/api/v1/namespaces/default/pods/one/exec?command=say&command=two+words&stdout=true&stderr=true v5.channel.k8s.io',
    );
    expect(await streams.exec(pod, ['fail'], limits)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'no such file',
    });
  });

  test.each([
    ['a program that is not there', pod, 'missing', 'executable file not found in $PATH'],
    ['a pod that is not there', { ...pod, name: 'none' }, 'say', 'HTTP 404: pods "none" not found'],
    ['a stream that breaks', pod, 'cut', 'the stream ended before the program did'],
  ])('throws for %s', async (_what, where, command, said) => {
    await expect(streams.exec(where, [command], limits)).rejects.toThrow(said);
  });

  test('is given up when nothing comes in time, and when it is stopped', async () => {
    await expect(streams.exec(pod, ['silent'], { timeoutMs: 50 })).rejects.toThrow('no answer within 0.05 s');
    const signal = AbortSignal.abort();
    await expect(streams.exec(pod, ['silent'], { ...limits, signal })).rejects.toThrow('it was stopped');
  });
});

describe('port-forward', () => {
  test('carries text to a port and back', async () => {
    expect(await streams.exchange(pod, 8080, 'hello', limits)).toBe('you said hello');
    expect(asked.at(-1)).toBe('/api/v1/namespaces/default/pods/one/portforward?ports=8080 v4.channel.k8s.io');
  });

  test('tells why nobody answers there', async () => {
    await expect(streams.exchange(pod, 9, 'hello', limits)).rejects.toThrow('connect: connection refused');
  });
});

test('a lost way to the host is told as such', async () => {
  const lost = podStreams({ transport: lostTransport(), address: '127.0.0.1', port: 1, tls: {} });
  await expect(lost.exec(pod, ['say'], limits)).rejects.toMatchObject({ kind: 'connection-lost' });
});
