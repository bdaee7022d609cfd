import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { until } from '../lab/until.js';
import { needing } from '../programs/needing.js';
import { desiredOf, podOf, textOf } from './desired-of.js';
import { inventoryOf } from './inventory-of.js';

/** An API server that has nothing but its name, and tells whether it is ready. */
interface ApiServer {
  readonly server: Server;
  isReady: boolean;
}

// The very script and configuration that a worker gets, with other paths in them.
needing('haproxy').describe('a real HAProxy', () => {
  let directory: string;
  let port: number;
  let child: ChildProcess;
  let said = '';
  const servers = new Map<string, ApiServer>();
  const addresses: Readonly<Record<string, string>> = { 'cp-1': '127.0.0.2', 'cp-2': '127.0.0.3' };
  const inventory = (names: readonly string[]) =>
    inventoryOf({
      kubernetesVersion: 'v1.36.3',
      encryptionAlgorithm: 'ECDSA-P256',
      apiServer: { bindPort: port },
      loadBalancer: { healthPort: port + 1 },
      hosts: [
        ...names.map((name) => ({ name, address: addresses[name]!, roles: ['control-plane' as const] })),
        { name: 'w-1', address: '127.0.0.4', roles: ['worker' as const] },
      ],
    });
  const config = () => join(directory, 'haproxy.cfg');
  /** Takes the place of the one before, as `up` does it. @returns the revision */
  const configure = async (names: readonly string[]): Promise<string> => {
    const text = textOf(desiredOf(inventory(names)), 'w-1', paths.balancerConfig);
    await put(text.replaceAll(`${paths.pki}/ca.crt`, join(directory, 'ca.crt')));
    return /^# revision: (\w+)$/m.exec(text)![1]!;
  };
  const put = async (text: string): Promise<void> => {
    await writeFile(`${config()}.new`, text);
    await rename(`${config()}.new`, config());
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podstrap-haproxy-'));
    port = await freePort();
    const { keys } = await openKeystore({
      directory: join(directory, 'operator'),
      inventory: inventory(['cp-1', 'cp-2']),
      now: new Date(),
    });
    const ca = keys.authorities.ca.certificate;
    await writeFile(join(directory, 'ca.crt'), ca);
    for (const [name, address] of Object.entries(addresses)) {
      const { certificate, key } = keys.hosts[name]!['apiserver']!;
      const one: ApiServer = {
        isReady: true,
        server: createServer({ cert: certificate, key: key.reveal() }, ({ url }, response) => {
          response.writeHead(url === '/readyz' && !one.isReady ? 500 : 200).end(name);
        }),
      };
      one.server.listen(port, address);
      await once(one.server, 'listening');
      servers.set(name, one);
    }
    await configure(['cp-1']);
    const manifest = load(podOf(desiredOf(inventory(['cp-1'])), 'w-1', 'haproxy').content) as {
      spec: { containers: { command: string[] }[] };
    };
    const [shell, c, script, name] = manifest.spec.containers[0]!.command;
    child = spawn(shell!, [c!, script!, name!, config(), join(directory, 'ca.crt')]);
    child.stdout?.on('data', (data) => (said += data));
    child.stderr?.on('data', (data) => (said += data));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`HAProxy ended: ${said}`);
    });
    await Promise.race([ended, until('it is ready', async () => (await health('/readyz')) === 200)]);
    ended.catch(() => undefined);
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    for (const { server } of servers.values()) {
      server.closeAllConnections();
      server.close();
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** Status of an answer at its health port; 0 for none. */
  const health = (path: string): Promise<number> =>
    new Promise((resolve) => {
      const call = requestHttp({ host: '127.0.0.1', port: port + 1, path, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.on('error', () => resolve(0));
      call.setTimeout(5_000, () => call.destroy());
      call.end();
    });
  /** Which API server answers, and over which connection. */
  const ask = (agent: Agent): Promise<{ name: string; connection: number }> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/', agent, servername: 'kubernetes.default.svc' };
      const call = request(options, (response) => {
        let name = '';
        const connection = response.socket.localPort!;
        response.on('data', (data) => (name += data));
        response.on('end', () => resolve({ name, connection }));
      });
      call.on('error', reject);
      call.end();
    });
  const client = async (): Promise<Agent> =>
    new Agent({
      keepAlive: true,
      maxSockets: 1,
      timeout: 0,
      ca: await readFile(join(directory, 'ca.crt'), 'utf8'),
    });

  it('loads another configuration without losing a connection', async () => {
    const agent = await client();
    const first = await ask(agent);
    expect(first.name).toBe('cp-1');
    const revision = await configure(['cp-2']);
    expect(await health(`/readyz?revision=${revision}`)).toBe(503);
    await until('it is loaded', async () => (await health(`/readyz?revision=${revision}`)) === 200);
    expect(await ask(agent)).toEqual(first);
    expect((await ask(await client())).name).toBe('cp-2');
  });

  it('keeps the one before where the new one has errors, and says so', async () => {
    const before = await readFile(config(), 'utf8');
    await put(before.replace('default_backend', 'no_such_word'));
    await until('it has looked', async () => said.includes('has errors'));
    expect((await ask(await client())).name).toBe('cp-2');
    await put(before);
  });

  it('takes clients from an API server that is not ready to another one', async () => {
    const revision = await configure(['cp-1', 'cp-2']);
    await until('it is loaded', async () => (await health(`/readyz?revision=${revision}`)) === 200);
    const agent = await client();
    const { name } = await ask(agent);
    servers.get(name)!.isReady = false;
    const other = name === 'cp-1' ? 'cp-2' : 'cp-1';
    await until('another one answers', async () => (await ask(agent)).name === other);
    for (let times = 0; times < 5; times++) expect((await ask(await client())).name).toBe(other);
    servers.get(other)!.isReady = false;
    await until('none is ready', async () => (await health('/readyz')) === 503);
    expect(await health('/livez')).toBe(200);
    for (const server of servers.values()) server.isReady = true;
    await until('it is ready again', async () => (await health('/readyz')) === 200);
  });

  it('ends when it is told to', async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await health('/livez')).toBe(0);
  });
});

/**
 * A port of loopback that is free, and the next one too. Below those that systems give to connections by themselves: one
 * of these might be taken by another test before HAProxy starts.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createTcpServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
