import { isIP } from 'node:net';
import { contains, parseNetwork } from '../../inventory/networks.js';

/**
 * What NO_PROXY says, as Go's programs read it, and with them containerd and kubectl: entries are separated by commas; a name
 * means itself and what ends in it, one with a dot (or `*.`) in front only what ends in it; an address or a network in CIDR
 * notation means addresses, of which no name is looked up; `:PORT` behind a name or an address limits it to that port; `*`
 * means everything. Spaces separate as well, as with curl. What is none of these means nothing. Pure.
 * @returns tells of a URL whether it is to be fetched without a proxy
 */
export function parseNoProxy(text: string): (url: URL) => boolean {
  const entries = text
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean);
  if (entries.includes('*')) return () => true;
  const rules = entries.map(ruleOf);
  return (url) => {
    const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return rules.some((rule) => rule(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

function ruleOf(entry: string): Rule {
  const network = parseNetwork(entry);
  if (network) return (host) => contains(network, host);
  const { host, port } = splitPort(entry);
  const here = (asked: string) => port === undefined || port === asked;
  const address = isIP(host) === 0 ? undefined : parseNetwork(`${host}/${isIP(host) === 6 ? 128 : 32}`);
  if (address) return (asked, at) => here(at) && contains(address, asked);
  const suffix = host.replace(/^\*(?=\.)/, '');
  const [name, below] = suffix.startsWith('.') ? [undefined, suffix] : [suffix, `.${suffix}`];
  return (asked, at) => here(at) && isIP(asked) === 0 && (asked === name || asked.endsWith(below));
}

/** `[::1]:8080` and `host:8080`; an address of IPv6 without brackets has no port. */
function splitPort(entry: string): { readonly host: string; readonly port?: string } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const host = bracketed ?? plain ?? entry;
  return port === undefined ? { host } : { host, port };
}
