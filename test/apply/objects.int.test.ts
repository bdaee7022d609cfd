import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Crew } from '../../src/apply/crew.js';
import { applyObjects } from '../../src/apply/objects.js';
import { Failure } from '../../src/failure.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { netTransport } from '../verify/fake-transport.js';

type Answer = number | 'none';

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** An API server that is ready, and answers what else is asked with `answers`, one after the other. */
async function apiServer(answers: Answer[]): Promise<{ crew: Crew; asked: string[] }> {
  const { certificate, key } = selfSigned();
  const asked: string[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    if (request.url === '/readyz') return void response.end('ok');
    asked.push(request.method!);
    const answer = answers.shift() ?? 'none';
    if (answer === 'none') request.socket.destroy();
    else response.writeHead(answer).end('{"message":"so it is"}');
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const transport = netTransport();
  endings.push(() => {
    for (const stream of transport.streams) stream.destroy();
    server.close();
  });
  const hosts = [controlPlane(1)];
  const { port } = server.address() as AddressInfo;
  const parsed = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts,
    apiServer: { bindPort: port },
    timeouts: { kubernetesAPICall: '30s' },
  });
  // The name in the certificate of this server.
  const atHome = parsed.spec.hosts.map((host) => ({ ...host, advertiseAddress: 'localhost' }));
  const inventory = { ...parsed, spec: { ...parsed.spec, hosts: atHome } };
  const pair = { certificate, key: new Secret(key) };
  const fake = fakeKeys(hosts);
  const keys = {
    ...fake,
    authorities: { ...fake.authorities, ca: { certificate } },
    operator: { ...fake.operator, 'super-admin': pair },
  };
  const session = { inventory, keys, emit: () => undefined, abort: new AbortController().signal };
  return { crew: { session, transports: new Map([['cp-1', transport]]) } as unknown as Crew, asked };
}

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'x' } };

test('an API server that does not answer, or cannot now, is asked again', async () => {
  const { crew, asked } = await apiServer(['none', 503, 404, 429, 404, 201]);
  await applyObjects(crew, [object], ['cp-1']);
  expect(asked).toEqual(['GET', 'GET', 'GET', 'PATCH', 'GET', 'PATCH']);
});

test('one that refuses is not', async () => {
  const { crew, asked } = await apiServer([404, 422]);
  const failure = await applyObjects(crew, [object], ['cp-1']).catch((error: Failure) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({
    kind: 'gate',
    doing: 'Applying ConfigMap kube-system/x',
    said: 'HTTP 422: so it is',
  });
  expect(asked).toEqual(['GET', 'PATCH']);
});
