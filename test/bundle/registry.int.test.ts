import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as ask, createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import forge from 'node-forge';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeProblem } from '../../src/cli/problem.js';
import { Secret } from '../../src/secret.js';
import { upstreamOf, world } from './world.js';

const auth = { username: 'ann', password: 'correct horse' };
const password = new Secret(auth.password);
const credentials = { username: auth.username, password: auth.password };
const manifests = /^\/v2\/[^/]+\/manifests\//;

describe('a registry that wants proof', () => {
  test.each(['basic', 'bearer'] as const)('of the kind %s gets it', async (scheme) => {
    const here = await world({ auth: { scheme, ...auth }, registry: credentials });
    expect((await here.resolve()).list.length).toBe(21);
  });

  test('gets a new token when the old one is refused', async () => {
    const here = await world({ auth: { scheme: 'bearer', ...auth, tokenUses: 2 }, registry: credentials });
    expect((await here.resolve()).list.length).toBe(21);
    const tokens = here.upstream.requests.filter(({ path }) => path === '/token').length;
    expect(tokens).toBeGreaterThan(5);
  });

  test('is asked for one token per repository', async () => {
    const here = await world({ auth: { scheme: 'bearer', ...auth }, registry: credentials });
    await here.resolve();
    expect(here.upstream.requests.filter(({ path }) => path === '/token').length).toBe(7);
  });

  test.each(['basic', 'bearer'] as const)('of the kind %s and gets none says so', async (scheme) => {
    const here = await world({ auth: { scheme, ...auth } });
    await expect(here.resolve()).rejects.toMatchObject({
      failures: Array.from({ length: 7 }, () =>
        expect.objectContaining({
          kind: 'artifact',
          said: 'HTTP 401: it requires credentials',
          next: expect.stringContaining('spec.artifacts.registries'),
        }),
      ),
    });
  });

  test.each(['basic', 'bearer'] as const)('of the kind %s and gets a wrong one says so', async (scheme) => {
    const here = await world({ auth: { scheme, ...auth }, registry: { ...credentials, password: 'wrong' } });
    const error = await here.resolve().catch((reason) => reason);
    expect(error.failures[0].said).toBe('HTTP 401: it rejects the username and password');
    expect(JSON.stringify([error, error.message, error.failures])).not.toContain('wrong');
  });

  test.each(['basic', 'bearer'] as const)(
    'of the kind %s gets no password over plain HTTP unless that was asked for',
    async (scheme) => {
      const here = await world({ auth: { scheme, ...auth }, registry: { ...credentials, insecure: false } });
      const error = await here.resolve().catch((reason) => reason);
      expect(error.failures[0].said).toBe('the password would travel without encryption');
      const sent = here.upstream.requests.map(({ authorization }) => authorization);
      expect(sent.every((one) => one === undefined)).toBe(true);
    },
  );
});

describe('a password is sent to no other host', () => {
  /** Another host of this machine, with certificates that nobody trusts or none at all. */
  const elsewhere = async () => {
    const content = (await world()).content;
    return upstreamOf(content, { auth: { scheme: 'bearer', ...auth } });
  };
  const named = (url: string) => url.replace('127.0.0.1', 'localhost');

  test('that an unencrypted registry names as its token server', async () => {
    const thief = await elsewhere();
    const realm = `${named(thief.url)}/token`;
    const here = await world({ auth: { scheme: 'bearer', ...auth, realm }, registry: credentials });
    const error = await here.resolve().catch((reason) => reason);
    expect(error.failures[0]).toMatchObject({
      kind: 'artifact',
      said: expect.stringContaining(`another host without encryption, ${named(thief.url)}`),
      next: expect.stringContaining('The password was not sent'),
    });
    expect(thief.requests).toEqual([]);
  });

  test('that a redirect leads to and that asks for it', async () => {
    const thief = await elsewhere();
    const here = await world({ auth: { scheme: 'bearer', ...auth }, registry: credentials });
    here.upstream.faults.push({ path: /\/blobs\//, kind: 'redirect', to: thief.url });
    const error = await here.resolve().catch((reason) => reason);
    expect(error.failures[0].said).toContain(`redirects there, and it asks for a password at ${thief.url}`);
    const sent = thief.requests.map(({ authorization }) => authorization);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.every((one) => one === undefined)).toBe(true);
  });
});

test('a redirect to another server carries no credentials', async () => {
  const here = await world({ auth: { scheme: 'basic', ...auth }, registry: credentials });
  const elsewhere = await upstreamOf(here.content);
  here.upstream.faults.push({ path: /\/blobs\//, kind: 'redirect', to: elsewhere.url });
  await here.resolve();
  expect(elsewhere.requests.length).toBe(14);
  expect(elsewhere.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
});

test('a mirror with a path keeps it before the repository', async () => {
  const spec = { imageRepository: 'registry.example.com/k8s' };
  const here = await world({ spec });
  const { registries, mirrors } = here.inventory.spec.artifacts;
  const mirror = `${registries['registry.k8s.io']!.mirror}/cache/`;
  const inventory = {
    ...here.inventory,
    spec: {
      ...here.inventory.spec,
      artifacts: {
        ...here.inventory.spec.artifacts,
        mirrors,
        registries: { 'registry.example.com': { mirror, insecure: true } },
      },
    },
  };
  await expect(here.resolve({ inventory })).rejects.toThrow();
  const asked = here.upstream.requests.filter(({ path }) => path.startsWith('/v2/')).map(({ path }) => path);
  expect(asked).toContain('/v2/cache/k8s/pause/manifests/3.10.2');
});

describe('a registry with a certificate of an own authority', () => {
  const { key, cert } = selfSigned();

  test('is trusted when the inventory names the authority', async () => {
    const here = await world({ tls: { key, cert }, registry: { caFile: 'ca.pem' } });
    await writeFile(join(here.cacheDirectory, 'ca.pem'), cert);
    const files = await upstreamOf(here.content);
    const mirrors = { 'https://dl.k8s.io': files.url, 'https://github.com': files.url };
    const { spec } = here.inventory;
    const inventory = { ...here.inventory, spec: { ...spec, artifacts: { ...spec.artifacts, mirrors } } };
    expect((await here.resolve({ inventory })).list.length).toBe(21);
    expect(here.upstream.requests.some(({ path }) => manifests.test(path))).toBe(true);
  });

  test('is not trusted otherwise, and the failure says what to set', async () => {
    const here = await world({ tls: { key, cert } });
    await expect(here.resolve()).rejects.toMatchObject({
      kind: 'artifact',
      next: expect.stringContaining('caFile'),
    });
    expect(here.upstream.requests.length).toBe(0);
  });

  test('is not asked when the file of the authority is missing', async () => {
    const here = await world({ tls: { key, cert }, registry: { caFile: 'none.pem' } });
    const error = await here.resolve().catch((reason) => reason);
    const doing = 'Reading the certificate authority of registry.k8s.io';
    expect(error.failures).toContainEqual(expect.objectContaining({ kind: 'artifact', doing }));
  });
});

describe('a proxy', () => {
  // An address that leads to this machine and does not look like it, so that the exception for loopback does not apply.
  const disguised = (url: string) => url.replace('127.0.0.1', '0.0.0.0');
  const disguise = async () => {
    const here = await world();
    const { spec } = here.inventory;
    const { mirrors, registries } = spec.artifacts;
    const artifacts = {
      ...spec.artifacts,
      mirrors: Object.fromEntries(Object.entries(mirrors).map(([from, to]) => [from, disguised(to)])),
      registries: {
        'registry.k8s.io': { insecure: true, mirror: disguised(registries['registry.k8s.io']!.mirror!) },
      },
    };
    return { ...here, inventory: { ...here.inventory, spec: { ...spec, artifacts } } };
  };

  test.each(['HTTP_PROXY', 'http_proxy'])('of the variable %s is used', async (variable) => {
    const { resolve, inventory } = await disguise();
    const proxy = await startProxy();
    const { list } = await resolve({ inventory, environment: { [variable]: proxy.url } });
    expect(list.length).toBe(21);
    expect(proxy.asked.length).toBeGreaterThan(20);
    expect(proxy.asked.filter((one) => !one.startsWith('GET http://0.0.0.0:'))).toEqual([]);
  });

  test('is told of the whole address by name and password, and says that it wants them', async () => {
    const { resolve, inventory } = await disguise();
    const proxy = await startProxy('me:geheim%');
    const refused = await resolve({ inventory, environment: { HTTP_PROXY: proxy.url } }).catch(
      (reason) => reason,
    );
    expect(describeProblem(refused, 'plain')).toMatch(/HTTP 407[\s\S]*NAME:PASSWORD/);
    const HTTP_PROXY = proxy.url.replace('http://', 'http://me:geheim%25@');
    expect((await resolve({ inventory, environment: { HTTP_PROXY } })).list.length).toBe(21);
  });

  test('opens a tunnel to what is encrypted', async () => {
    const { key, cert } = selfSigned();
    const here = await world({ tls: { key, cert }, registry: { caFile: 'ca.pem' } });
    await writeFile(join(here.cacheDirectory, 'ca.pem'), cert);
    const files = await upstreamOf(here.content);
    const mirrors = { 'https://dl.k8s.io': files.url, 'https://github.com': files.url };
    const { spec } = here.inventory;
    const { registries } = spec.artifacts;
    const known = registries['registry.k8s.io']!;
    const artifacts = {
      ...spec.artifacts,
      mirrors,
      registries: { 'registry.k8s.io': { ...known, mirror: disguised(known.mirror!) } },
    };
    const inventory = { ...here.inventory, spec: { ...spec, artifacts } };
    const proxy = await startProxy();
    expect((await here.resolve({ inventory, environment: { HTTPS_PROXY: proxy.url } })).list.length).toBe(21);
    expect(proxy.asked.length).toBeGreaterThan(0);
    expect(proxy.asked.filter((one) => !one.startsWith('CONNECT 0.0.0.0:'))).toEqual([]);
  });

  test('without a scheme is an HTTP proxy', async () => {
    const { resolve, inventory } = await disguise();
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.url.replace('http://', '') };
    expect((await resolve({ inventory, environment })).list.length).toBe(21);
    expect(proxy.asked.length).toBeGreaterThan(0);
  });

  test('that is none is told once, and not shown', async () => {
    const { resolve, inventory } = await disguise();
    const asking = resolve({ inventory, environment: { HTTPS_PROXY: 'ftp://me:hidden@proxy' } });
    const error: unknown = await asking.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'usage', doing: 'Reading HTTPS_PROXY' });
    expect(describeProblem(error, 'plain')).not.toContain('hidden');
  });

  test.each(['0.0.0.0/8', '*'])('is not used for what NO_PROXY means with %s', async (noProxy) => {
    const { resolve, inventory } = await disguise();
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: `example.com,${noProxy}` };
    expect((await resolve({ inventory, environment })).list.length).toBe(21);
    expect(proxy.asked).toEqual([]);
  });

  test('is not used for hosts that NO_PROXY names, nor for this machine', async () => {
    const { resolve, inventory } = await disguise();
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,0.0.0.0' };
    expect((await resolve({ inventory, environment })).list.length).toBe(21);
    const here = await world();
    expect((await here.resolve({ environment: { HTTP_PROXY: proxy.url } })).list.length).toBe(21);
    expect(proxy.asked).toEqual([]);
  });
});

test('a password is never printed', () => {
  expect(`${password} ${JSON.stringify({ password })}`).toBe('[redacted] {"password":"[redacted]"}');
});

/**
 * A proxy as most are: it fetches what it is asked for by its whole address, and opens tunnels, but to no server that it
 * could fetch from. @param wants whom it serves alone, as name and password
 */
async function startProxy(wants?: string) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const isKnown = ({ headers }: IncomingMessage) =>
    wants === undefined ||
    headers['proxy-authorization'] === `Basic ${Buffer.from(wants).toString('base64')}`;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isKnown(request)) return void response.writeHead(407).end('who are you?');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    ask(request.url!, { headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    })
      .on('error', () => response.destroy())
      .end();
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    client.on('error', () => client.destroy());
    const { hostname, port } = new URL(`http://${request.url}`);
    const far = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      // What follows must be TLS.
      client.once('data', (head: Buffer) => {
        if (head[0] !== 0x16) return void client.destroy();
        far.write(head);
        client.pipe(far).pipe(client);
      });
    });
    sockets.add(far);
    far.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}

/** A certificate for this machine that is its own authority. */
function selfSigned(): { key: string; cert: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(0);
  certificate.validity.notAfter = new Date('2100-01-01');
  certificate.setSubject([{ name: 'commonName', value: 'registry' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'registry' }]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: ['127.0.0.1', '0.0.0.0'].map((ip) => ({ type: 7, ip })) },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(certificate) };
}
