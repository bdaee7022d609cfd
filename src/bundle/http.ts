import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { badAnswer } from './fetch-failures.js';
import { networkProblem } from './network-problem.js';
import { parseNoProxy } from './no-proxy.js';
import { parseProxy } from './parse-proxy.js';

/** An answer whose body is still to be read; read it or drop it. */
export interface Answer {
  /** Where it came from in the end, after redirects. */
  readonly url: string;
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Readable;
  /** Lets the body go; the connection, too, when there is more of it than a refusal's few words. */
  drop(): void;
}

export interface Http {
  /**
   * GET, following redirects.
   * @throws Transient for what may pass; Failure `artifact` for what does not; Failure `usage` for a variable that names no
   *   proxy; Failure `interrupted`
   */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export interface HttpOptions {
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from it, in lower case too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** PEM of the only authorities to trust; default: those that Node.js trusts. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const limits = { headersTimeout: 30_000, bodyTimeout: 30_000 };
const mostRedirects = 10;
const mostDropped = 64 * 1024;

/** An HTTP client that knows proxies, and drops credentials when it is sent elsewhere. */
export function openHttp(options: HttpOptions): Http {
  // Made when something is fetched: what is in the cache already needs neither agents nor the library.
  let made: Promise<Agents> | undefined;
  const agents = (): Promise<Agents> => {
    made ??= openAgents(options);
    return made;
  };
  return {
    get: async (url, headers = {}) => {
      const { route } = await agents();
      return follow(url, { 'accept-encoding': 'identity', ...headers }, route, options.signal);
    },
    close: async () => {
      if (made === undefined) return;
      // Those that could not be made have said so.
      const opened = await made.catch(() => undefined);
      await Promise.all((opened?.all ?? []).map((agent) => agent.destroy()));
    },
  };
}

interface Agents {
  /** Which way a URL is reached. */
  route(url: URL): Dispatcher;
  readonly all: readonly Dispatcher[];
}

/** @throws Failure `usage` for a variable that names no proxy */
async function openAgents({ environment, ca }: HttpOptions): Promise<Agents> {
  const variable = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const ways = {
    'http:': parseProxy('HTTP_PROXY', variable('HTTP_PROXY')),
    'https:': parseProxy('HTTPS_PROXY', variable('HTTPS_PROXY')),
  };
  const bypassed = parseNoProxy(variable('NO_PROXY'));
  const { Agent, ProxyAgent } = await import('undici');
  const trust = ca === undefined ? {} : { ca };
  const common = { ...limits, connect: { timeout: 10_000, ...trust } };
  const direct = new Agent(common);
  const through = (proxy: URL | undefined) =>
    proxy && new ProxyAgent({ ...common, requestTls: trust, uri: proxy.href });
  const http = through(ways['http:']);
  const https = through(ways['https:']);
  return {
    route: (url) => {
      // A proxy cannot reach this machine's loopback; Go's programs make the same exception.
      if (isLoopback(url.hostname) || bypassed(url)) return direct;
      return (url.protocol === 'https:' ? (https ?? http) : http) ?? direct;
    },
    all: [direct, http, https].filter((agent) => agent !== undefined),
  };
}

async function follow(
  start: string,
  headers: Readonly<Record<string, string>>,
  route: (url: URL) => Dispatcher,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let url = new URL(start);
  let sent = headers;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await ask(url, sent, route(url), signal);
    const location = answer.header('location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    answer.drop();
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw badAnswer(start, `it redirects to ${next.origin}, which is not encrypted`);
    if (next.origin !== url.origin) sent = withoutCredentials(sent);
    url = next;
  }
  throw badAnswer(start, `more than ${mostRedirects} redirects`);
}

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  try {
    const {
      statusCode,
      headers: got,
      body,
    } = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers,
      ...(signal ? { signal } : {}),
    });
    return {
      url: url.href,
      status: statusCode,
      header: (name) => [got[name]].flat()[0],
      body,
      drop: () => void body.dump({ limit: mostDropped }).catch(() => undefined),
    };
  } catch (error) {
    throw networkProblem(url.href, error, signal);
  }
}

const withoutCredentials = ({ authorization: _, ...rest }: Readonly<Record<string, string>>) => rest;

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
