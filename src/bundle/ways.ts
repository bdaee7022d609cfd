import type { Dispatcher } from 'undici';
import { parseNoProxy } from './fetch/no-proxy.js';
import { parseProxy } from './fetch/parse-proxy.js';

/** How a URL is reached. */
export interface Way {
  readonly dispatcher: Dispatcher;
  /** The proxy that is asked for the whole address. Absent where the server itself is asked, if need be through a tunnel. */
  readonly proxy?: {
    readonly origin: string;
    /** What the proxy itself is told. */
    readonly headers: Readonly<Record<string, string>>;
  };
}

export interface Ways {
  wayTo(url: URL): Way;
  close(): Promise<void>;
}

export interface WayOptions {
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from it, in lower case too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** PEM of the only authorities to trust; default: those that Node.js trusts. */
  readonly ca?: string | undefined;
  /** Milliseconds. */
  readonly limits: { readonly headersTimeout: number; readonly bodyTimeout: number };
}

/** @throws Failure `usage` for a variable that names no proxy */
export async function openWays({ environment, ca, limits }: WayOptions): Promise<Ways> {
  const variable = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const proxies = {
    http: parseProxy('HTTP_PROXY', variable('HTTP_PROXY')),
    https: parseProxy('HTTPS_PROXY', variable('HTTPS_PROXY')),
  };
  const bypassed = parseNoProxy(variable('NO_PROXY'));
  const { Agent, ProxyAgent } = await import('undici');
  const trust = ca === undefined ? {} : { ca };
  const common = { ...limits, connect: { timeout: 10_000, ...trust } };
  const direct = new Agent(common);
  const toProxies = new Agent({ ...limits, connect: { timeout: 10_000 } });
  // HTTP_PROXY says nothing of https, as with containerd and curl.
  const tunnel = (proxy: URL | undefined) =>
    proxy && new ProxyAgent({ ...common, requestTls: trust, uri: proxy.href });
  const tunnels = { http: tunnel(proxies.http), https: tunnel(proxies.https) };
  return {
    wayTo: (url) => {
      // A proxy cannot reach this machine's loopback; Go's programs make the same exception.
      if (isLoopback(url.hostname) || bypassed(url)) return { dispatcher: direct };
      if (url.protocol === 'https:') return { dispatcher: tunnels.https ?? direct };
      // As curl and Go's programs do: many proxies open tunnels to port 443 alone.
      if (proxies.http && proxies.http.protocol !== 'socks5:')
        return {
          dispatcher: toProxies,
          proxy: { origin: proxies.http.origin, headers: authorization(proxies.http) },
        };
      return { dispatcher: tunnels.http ?? direct };
    },
    close: async () => {
      const all = [direct, toProxies, tunnels.http, tunnels.https];
      await Promise.all(all.map((one) => one?.destroy()));
    },
  };
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const told = [username, password].map(decodeURIComponent).join(':');
  return { 'proxy-authorization': `Basic ${Buffer.from(told).toString('base64')}` };
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
