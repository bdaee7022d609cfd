import { Failure } from '../../failure.js';

const schemes = ['http:', 'https:', 'socks5:'];

/**
 * The address of a proxy in one of the variables for it. Without a scheme it is an HTTP proxy, as with curl and Go's programs.
 * @returns undefined where the variable is empty
 * @throws Failure `usage` for what is no such address; its text is not shown, since it may hold a password
 */
export function parseProxy(variable: string, text: string): URL | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  // `proxy:3128` is a URL to URL's parser, too: one of the scheme `proxy`, without a host.
  const full = trimmed.includes('://') ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url?.host && schemes.includes(url.protocol)) return url;
  throw new Failure({
    kind: 'usage',
    doing: `Reading ${variable}`,
    said: !url?.host
      ? 'its value is not the address of a proxy'
      : `podstrap does not know proxies of the kind ${url.protocol}//`,
    next: `Set ${variable} to http://HOST:PORT, or HOST:PORT alone, or unset it. What is reached without the proxy belongs into NO_PROXY.`,
  });
}
