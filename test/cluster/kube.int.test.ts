import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kube, kubeClient } from '../../src/cluster/kube.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import { netTransport } from '../verify/fake-transport.js';

const { certificate, key } = selfSigned();
const asked: { readonly method: string; readonly url: string; readonly body: unknown }[] = [];
const server = createServer({ cert: certificate, key }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null');
    asked.push({ method: request.method!, url: request.url!, body });
    const status = request.url!.endsWith('/gone') ? 404 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"kind":"Status"}');
  });
});
let kube: Kube;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pair = { certificate, key: new Secret(key) };
  kube = kubeClient(netTransport(), { address: '127.0.0.1', port }, { certificate }, pair);
});
afterAll(() => {
  kube.close();
  server.close();
});

const pod = (name: string, uid?: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', ...(uid === undefined ? {} : { uid }) },
});

describe('a deletion', () => {
  // An API server that finds a body reads no option in the query.
  test.each([
    ['as its pods wish', pod('one'), undefined, {}],
    ['at once', pod('one'), 0, { gracePeriodSeconds: 0 }],
    [
      'of this very object, at once',
      pod('one', 'u-1'),
      0,
      { gracePeriodSeconds: 0, preconditions: { uid: 'u-1' } },
    ],
  ] as const)('%s says all that it wants in its body', async (_title, object, grace, wanted) => {
    await kube.remove(object, grace);
    expect(asked.at(-1)).toEqual({
      method: 'DELETE',
      url: '/api/v1/namespaces/shop/pods/one',
      body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...wanted },
    });
  });

  test('of what is gone has succeeded', async () => {
    await expect(kube.remove(pod('gone'))).resolves.toBeUndefined();
  });
});
