import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { connect, createServer as createNetServer } from 'node:net';
import { expect, test } from 'vitest';
import { viewEtcd } from '../../src/observed/views/etcd-view.js';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { Secret } from '../../src/secret.js';
import type { Transport } from '../../src/transport/transport.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { listen } from '../verify/listen.js';

const { certificate, key } = selfSigned();
const names = ['cp-1', 'cp-2', 'cp-3'];
const keys = {
  ...fakeKeys([]),
  authorities: { ...fakeKeys([]).authorities, 'etcd-ca': { certificate } },
  operator: { ...fakeKeys([]).operator, etcd: { certificate, key: new Secret(key) } },
};

/** A host whose etcd is whatever listens on `port` of this machine. */
const onPort = (host: string, port: number): Transport => ({
  host,
  exec: () => Promise.reject(new Error('nothing runs here')),
  open: () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket));
      socket.on('error', reject);
    }),
  close: async () => undefined,
});

/** The same where nobody listens at the loopback address of IPv4. */
const onIpv6 = (host: string, port: number): Transport => {
  const transport = onPort(host, port);
  const open: Transport['open'] = (address, ...rest) =>
    address === '::1' ? transport.open(address, ...rest) : Promise.reject(new Error('nobody listens'));
  return { ...transport, open };
};

const asked = (ports: readonly number[], way = onPort) =>
  viewEtcd(new Map(names.map((name, index) => [name, way(name, ports[index]!)])), names, keys);

/** A member whose status names this leader; the list of members is `list`'s. */
const member = (leader: string, list: RequestListener): Promise<number> =>
  listen(
    createServer({ cert: certificate, key }, (request, response) => {
      const header = { member_id: '1', cluster_id: '9' };
      if (request.url === '/v3/maintenance/status')
        response.end(JSON.stringify({ header, leader, version: '3.6.8' }));
      else list(request, response);
    }),
  );
const never: RequestListener = () => undefined;
const closed = async (): Promise<number> => {
  const server = createNetServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
};

test('where nothing listens there is no quorum', async () => {
  const port = await closed();
  expect(await asked([port, port, port])).toBeUndefined();
});

test('members that know no leader have no quorum', async () => {
  const port = await member('0', never);
  expect(await asked([port, port, port])).toBeUndefined();
});

test('one member that is slow while the others know no leader makes no quorum', async () => {
  const port = await member('0', never);
  expect(await asked([port, port, await listen(createNetServer())])).toBeUndefined();
});

test('members that know a leader are asked again until one lists them all', async () => {
  let questions = 0;
  const port = await member('1', (_request, response) => {
    questions++;
    if (questions > 3) response.end(JSON.stringify({ members: [{ ID: '1', name: 'cp-1' }] }));
  });
  expect(await asked([port, port, port])).toMatchObject({ voting: names, leader: 'cp-1' });
});

test('members that stay silent are no proof that quorum is lost', async () => {
  const port = await listen(createNetServer());
  await expect(asked([port, port, await closed()])).rejects.toMatchObject({
    kind: 'unreachable',
    where: { host: 'cp-1, cp-2' },
  });
});

test('members of hosts whose family is IPv6 are asked there', async () => {
  const port = await member('1', (_request, response) =>
    response.end(JSON.stringify({ members: [{ ID: '1', name: 'cp-1' }] })),
  );
  expect(await asked([port, port, port], onIpv6)).toMatchObject({ voting: names, leader: 'cp-1' });
});
