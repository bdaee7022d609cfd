import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { load } from 'js-yaml';
import type { Operator } from './operator.js';

/** What a writer has seen until now. Times are seconds. */
export interface Written {
  /** Objects whose creation an API server acknowledged. */
  readonly acknowledged: number;
  /** Tries that met a closed door, and were made again elsewhere. */
  readonly retries: number;
  /** The longest that one request took, its retries with it. */
  readonly slowest: number;
  /** Requests that failed after all retries, and reads that did not find what was acknowledged. */
  readonly failed: readonly string[];
}

/** A client of the cluster that writes and reads all the while. */
export interface Writer {
  readonly seen: () => Written;
  /** Ends it and looks for every acknowledged object through every API server, or those that are left. */
  stop(left?: readonly string[]): Promise<Written & { readonly lost: readonly string[] }>;
}

/** Tries of one request, each at the next server that is believed to be there. */
const tries = 10;
/** Milliseconds for one try: a host without power does not even refuse. */
const patience = 5_000;
/** Milliseconds between two looks at one server's /readyz, and for the answer to one. */
const lookPause = 200;
const lookPatience = 1_000;
const collection = '/api/v1/namespaces/writer/configmaps';

/**
 * Starts a client outside the cluster that creates objects and reads them back through other API servers. It knows all
 * of them and does what a load balancer before them does: it looks at the /readyz of each all the while, leaves alone
 * those that are not well, and makes a request that met a closed door again at the next one. A refusal counts only from
 * a server that is ready: one that has just begun refuses everybody, since it knows no roles yet. It never forgets what
 * was acknowledged.
 * @param servers addresses of API servers
 */
export async function startWriter(operator: Operator, servers: readonly string[]): Promise<Writer> {
  const api = await client(operator, servers);
  await api.send('POST', '/api/v1/namespaces', object('Namespace', 'writer'));
  const acknowledged: string[] = [];
  let running = true;
  const work = (async () => {
    for (let index = 0; running; index++) {
      const name = `object-${index}`;
      const written = await api.send('POST', collection, object('ConfigMap', name));
      if (written !== undefined) {
        acknowledged.push(name);
        await api.send('GET', `${collection}/${name}`);
      }
      await pause(20);
    }
  })();
  const seen = () => ({ acknowledged: acknowledged.length, ...api.seen() });
  return {
    seen,
    stop: async (left = servers) => {
      running = false;
      await work;
      const lost: string[] = [];
      for (const server of left) {
        const kept = new Set(await api.namesThrough(server));
        lost.push(...acknowledged.filter((name) => !kept.has(name)).map((name) => `${name} (${server})`));
      }
      await api.close();
      return { ...seen(), lost };
    },
  };
}

const object = (kind: string, name: string) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...(kind === 'ConfigMap' ? { data: { of: name } } : {}),
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function client(operator: Operator, servers: readonly string[]) {
  const credentials = await credentialsOf(operator);
  const agent = new Agent({ keepAlive: true, ...credentials });
  let turn = 0;
  let retries = 0;
  let slowest = 0;
  const failed: string[] = [];
  const once = (
    server: string,
    method: string,
    path: string,
    body?: object,
    wait = patience,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request({ host: server, port: 6443, method, path, headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      const late = setTimeout(() => sent.destroy(new Error(`no answer in ${wait} ms`)), wait);
      sent.on('error', reject).on('close', () => clearTimeout(late));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const resting = new Set<string>();
  let open = true;
  const isReady = async (server: string): Promise<boolean> => {
    const { status } = await once(server, 'GET', '/readyz', undefined, lookPatience).catch(unanswered);
    return status === 200;
  };
  const look = async (server: string): Promise<void> => {
    for (; open; await pause(lookPause))
      if (await isReady(server)) resting.delete(server);
      else resting.add(server);
  };
  const looking = Promise.all(servers.map(look));
  const nextServer = () => {
    const there = servers.filter((server) => !resting.has(server));
    return there[turn++ % there.length];
  };
  /** The body, or undefined when it failed after all tries, which is noted. */
  const send = async (method: string, path: string, body?: object): Promise<string | undefined> => {
    const start = performance.now();
    const said: string[] = [];
    for (let tried = 0; tried < tries; tried++) {
      if (tried > 0) await pause(Math.min(2_000, 50 * 2 ** tried));
      const server = nextServer();
      if (server === undefined) {
        said.push('no server is ready');
        continue;
      }
      const answer = await once(server, method, path, body).catch(unanswered);
      slowest = Math.max(slowest, (performance.now() - start) / 1000);
      // A creation that is tried again meets what its first try made.
      const known = tried > 0 && method === 'POST' && answer.status === 409;
      if ((answer.status > 0 && answer.status < 300) || known) return answer.body;
      said.push(`${server}: ${answer.status || ''} ${answer.body.slice(0, 200)}`);
      const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      if (refused && (await isReady(server))) break;
      resting.add(server);
      retries++;
    }
    failed.push(`${new Date().toISOString()} ${method} ${path}: ${said.join('; ')}`);
    return undefined;
  };
  return {
    send,
    seen: () => ({ retries, slowest, failed }),
    namesThrough: async (server: string): Promise<string[]> => {
      const { status, body } = await once(server, 'GET', collection);
      if (status !== 200) throw new Error(`listing through ${server}: HTTP ${status} ${body}`);
      return (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items.map(
        ({ metadata }) => metadata.name,
      );
    },
    close: async () => {
      open = false;
      await looking;
      agent.destroy();
    },
  };
}

/** No answer, as status 0. */
const unanswered = (error: Error): Answer => ({ status: 0, body: error.message });

/** What the kubeconfig that podstrap hands out proves itself with. */
async function credentialsOf(operator: Operator) {
  const config = load(await readFile(await operator.kubeconfig(), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
  const { cluster } = config.clusters[0]!;
  const { user } = config.users[0]!;
  return {
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  };
}
