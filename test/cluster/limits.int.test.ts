import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSnapshot } from '../../src/cluster/etcd-snapshot.js';
import { type HttpClient, httpClient } from '../../src/cluster/http.js';
import { LimitExceeded } from '../../src/failure.js';
import { netTransport } from '../verify/fake-transport.js';

const mebi = 1024 * 1024;
const bomb = gzipSync(Buffer.alloc(64 * mebi));

/** Whatever is asked for, it goes on for ever, or is larger than it looks. */
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/endless': (response) => pourInto(response.writeHead(200)),
  '/endless-refusal': (response) => pourInto(response.writeHead(500)),
  '/bomb': (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  '/large': (response) => void response.writeHead(200).end(Buffer.alloc(15 * mebi, 'x')),
};

function pourInto(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(mebi, 'x')));
  };
  response.on('drain', more);
  more();
}

const server = createServer((request, response) => answers[request.url!]!(response));
let client: HttpClient;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = httpClient({ transport: netTransport(), address: '127.0.0.1', port });
});
afterAll(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const get = (path: string) => ({ method: 'GET', path, timeoutMs: 60_000 }) as const;
const read = async (stream: AsyncIterable<Uint8Array>): Promise<number> => {
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
};

describe('an answer that is larger than it may be', () => {
  test.each(['/endless', '/endless-refusal'])('is given up: %s', async (path) => {
    await expect(client.request(get(path))).rejects.toBeInstanceOf(LimitExceeded);
    await expect(read(client.stream(get(path)))).rejects.toBeInstanceOf(LimitExceeded);
  });

  test('is given up where the caller says how large it may be', async () => {
    await expect(client.request({ ...get('/large'), most: mebi })).rejects.toBeInstanceOf(LimitExceeded);
    await expect(read(client.stream({ ...get('/large'), most: mebi }))).rejects.toBeInstanceOf(LimitExceeded);
    expect((await client.request(get('/large'))).body.length).toBe(15 * mebi);
  });

  test('is not made so by us: what is compressed stays so', async () => {
    expect((await client.request(get('/bomb'))).body.length).toBeLessThan(bomb.length + 1);
  });
});

test('a snapshot that is one line without end is given up', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(mebi, 'x');
  };
  await expect(read(readSnapshot(endless(), 'cp-1'))).rejects.toThrow('a line of it has more than');
});
