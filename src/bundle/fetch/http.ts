import type { Readable } from 'node:stream';
import { quoted } from '../../failure.js';
import { openWays, type Way, type Ways } from '../ways.js';
import { badAnswer, proxyRefuses } from './fetch-failures.js';
import { networkProblem } from './network-problem.js';

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
  let made: Promise<Ways> | undefined;
  const ways = (): Promise<Ways> => {
    made ??= openWays({ ...options, limits });
    return made;
  };
  return {
    get: async (url, headers = {}) => {
      const { wayTo } = await ways();
      return follow(url, { 'accept-encoding': 'identity', ...headers }, wayTo, options.signal);
    },
    close: async () => {
      if (made === undefined) return;
      // Those that could not be made have said so.
      const opened = await made.catch(() => undefined);
      await opened?.close();
    },
  };
}

async function follow(
  start: string,
  headers: Readonly<Record<string, string>>,
  wayTo: Ways['wayTo'],
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let url = new URL(start);
  let sent = headers;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await ask(url, sent, wayTo(url), signal);
    const location = answer.header('location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    answer.drop();
    const next = redirection(start, location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw badAnswer(start, `it redirects to ${next.origin}, which is not encrypted`);
    if (next.origin !== url.origin) sent = withoutCredentials(sent);
    url = next;
  }
  throw badAnswer(start, `more than ${mostRedirects} redirects`);
}

/** Where a redirect leads. @throws Failure `artifact` when that is nowhere, or not on the web */
function redirection(start: string, location: string, url: URL): URL {
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (next?.protocol === 'https:' || next?.protocol === 'http:') return next;
  throw badAnswer(start, `it redirects to ${quoted(location)}, which is not a web address`);
}

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { dispatcher, proxy }: Way,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  try {
    const {
      statusCode,
      headers: got,
      body,
    } = await dispatcher.request({
      ...(proxy
        ? { origin: proxy.origin, path: url.origin + url.pathname + url.search }
        : { origin: url.origin, path: url.pathname + url.search }),
      method: 'GET',
      headers: proxy ? { ...headers, host: url.host, ...proxy.headers } : headers,
      ...(signal ? { signal } : {}),
    });
    if (proxy && statusCode === 407) {
      await body.dump();
      throw proxyRefuses(url.href);
    }
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
