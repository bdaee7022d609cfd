import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { drainNode } from '../../src/apply/api/drain.js';
import { applyObjects } from '../../src/apply/api/objects.js';
import { readyKube } from '../../src/apply/api/ready-kube.js';
import type { Crew } from '../../src/apply/crew.js';
import { patiently } from '../../src/apply/patiently.js';
import { Failure } from '../../src/failure.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { netTransport } from '../verify/fake-transport.js';
import { context, holdLock, makeWorld, type World } from './world.js';

/** A status, or a body of 200. */
type Answer = number | 'none' | object;

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** A host whose API server is ready, and answers what else is asked with `answers`, one after the other. */
async function apiServer(answers: Answer[]): Promise<{ crew: Crew; asked: string[]; world: World }> {
  const { certificate, key } = selfSigned();
  const asked: string[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    if (request.url === '/readyz') return void response.end('ok');
    asked.push(request.method!);
    const answer = answers.shift() ?? 'none';
    if (answer === 'none') request.socket.destroy();
    else if (typeof answer === 'number')
      response.writeHead(answer).end(JSON.stringify(answer < 300 ? object : { message: 'so it is' }));
    else response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const world = makeWorld();
  holdLock(world);
  const net = netTransport();
  const transport = { ...net, exec: world.transport.exec };
  endings.push(() => {
    for (const stream of net.streams) stream.destroy();
    server.close();
    void world.dispose();
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
  const abort = new AbortController().signal;
  const session = { inventory, keys, emit: () => undefined, abort, run: 'run', apiPorts: new Map() };
  const crew = { session, transports: new Map([['cp-1', transport]]), lock: { id: context.lockId } };
  return { crew: crew as unknown as Crew, asked, world };
}

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'x' } };

test('an API server that does not answer, or cannot now, is asked again', async () => {
  const { crew, asked } = await apiServer(['none', 503, 404, 429, 404, 201]);
  await applyObjects(crew, { objects: [object], systemObjects: [], withdrawn: [] }, ['cp-1']);
  expect(asked).toEqual(['GET', 'GET', 'GET', 'PATCH', 'GET', 'PATCH']);
});

test('what is being deleted is made anew when it is gone', async () => {
  const going = { ...object, metadata: { ...object.metadata, deletionTimestamp: 'now' } };
  const { crew, asked } = await apiServer([going, going, 404, 201]);
  const { steps } = await applyObjects(crew, { objects: [object], systemObjects: [], withdrawn: [] }, [
    'cp-1',
  ]);
  expect(asked).toEqual(['GET', 'GET', 'GET', 'PATCH']);
  expect(steps).toMatchObject([{ action: { create: true }, reason: 'it is not there' }]);
});

test('one that refuses is not', async () => {
  const { crew, asked } = await apiServer([404, 422]);
  const failure = await applyObjects(crew, { objects: [object], systemObjects: [], withdrawn: [] }, [
    'cp-1',
  ]).catch((error: Failure) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({
    kind: 'gate',
    doing: 'Applying ConfigMap kube-system/x',
    said: 'HTTP 422: so it is',
  });
  expect(asked).toEqual(['GET', 'PATCH']);
});

test('a run that has lost the lock of the host writes nothing to its API any more', async () => {
  const { crew, asked, world } = await apiServer([404, 201, 404, 201]);
  await applyObjects(crew, { objects: [object], systemObjects: [], withdrawn: [] }, ['cp-1']);
  expect(asked).toEqual(['GET', 'PATCH']);
  holdLock(world, 'theirs');
  const failure = await applyObjects(crew, { objects: [object], systemObjects: [], withdrawn: [] }, [
    'cp-1',
  ]).catch((error: Failure) => error);
  expect(failure).toMatchObject({ kind: 'locked', said: 'the lock now belongs to me@here (podstrap up)' });
  expect(asked).toEqual(['GET', 'PATCH', 'GET']);
});

test('nor are pods evicted: the drain ends at once', async () => {
  const movable = {
    metadata: {
      name: 'a',
      namespace: 'b',
      uid: 'u',
      ownerReferences: [{ kind: 'ReplicaSet', controller: true }],
    },
  };
  const ready = { metadata: { name: 'cp-2' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'cp-1' }, spec: { unschedulable: true } };
  const { crew, asked, world } = await apiServer([
    { apiVersion: 'v1', items: [movable] },
    { apiVersion: 'v1', items: [ready] },
    node,
    { apiVersion: 'v1', items: [movable] },
    node,
  ]);
  holdLock(world, 'theirs');
  await expect(drainNode(crew, 'cp-1')).rejects.toMatchObject({ kind: 'locked' });
  expect(asked).toEqual(['GET', 'GET', 'GET', 'GET', 'GET']);
});

test('what fails without a reason is tried again, but no longer than was said', async () => {
  const { crew, asked } = await apiServer([500, 200, 500, 200]);
  const kube = await readyKube(crew);
  const failure = await patiently(crew, () => kube.apply(object), '30s', -1).catch((error: Failure) => error);
  expect(failure).toMatchObject({ kind: 'gate', said: 'HTTP 500: so it is' });
  expect(asked).toEqual(['PATCH']);
  await expect(patiently(crew, () => kube.remove(object), '30s', -1)).resolves.toBeUndefined();
  await expect(patiently(crew, () => kube.remove(object), '30s')).resolves.toBeUndefined();
  expect(asked).toEqual(['PATCH', 'DELETE', 'DELETE', 'DELETE']);
  kube.close();
});
