import { isIP } from 'node:net';

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';

/** RFC 1123 label: what Kubernetes takes as the name of a namespace or volume. */
export const dnsLabelPattern = new RegExp(`^${label}$`);
/** RFC 1123 subdomain in lower case; its limit of 253 characters is checked apart. */
export const dnsNamePattern = new RegExp(`^${label}(?:\\.${label})*$`);
/** A release of Kubernetes as its tags are written. */
export const versionPattern = /^v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
/** An image repository: registry and path, without scheme, tag or trailing slash. */
export const repositoryPattern = /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
/** An image by its full name, as the kubelet asks containerd for it: registry, path and tag. */
export const imagePattern =
  /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9.-]+(?=:\d))(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+:\w[\w.-]{0,127}$/;
/** What stands behind the colon of an image. */
export const imageTagPattern = /^\w[\w.-]{0,127}$/;
/** A flag's name as it stands behind its dashes. */
export const flagPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** An environment variable's name. */
export const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Registry: host with an optional port. */
export const registryPattern = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?$/;
/** Value of a label: at most 63 characters, may be empty. */
export const labelValuePattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

export const isDnsName = (text: string): boolean => text.length <= 253 && dnsNamePattern.test(text);

/** Text that stands on one line of a systemd unit, as systemd counts lines. */
export const isUnitLine = (text: string): boolean => !/(?<!\\)[\n\r]/.test(text.replace(/\n$/, ''));

/** IPv4 or IPv6 address without zone, prefix or brackets. */
export const isIpAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

/** Four numbers are meant to be an address, also where they are none: nothing is called so (RFC 1123, section 2.1). */
const looksLikeAddress = (text: string): boolean => /^\d+(?:\.\d+){3}$/.test(text);

/** Where SSH may go. Not only DNS names: aliases of ssh_config know few limits. */
export const isSshAddress = (text: string): boolean =>
  isIpAddress(text) || (/^[^\s@:/,[\]-][^\s@:/,[\]]*$/.test(text) && !looksLikeAddress(text));

/** Something that a certificate can be valid for. */
export const isCertificateName = (text: string): boolean =>
  isIpAddress(text) || (isDnsName(text.startsWith('*.') ? text.slice(2) : text) && !looksLikeAddress(text));

export const isHttpUrl = (text: string): boolean =>
  /^https?:\/\/[^/]/.test(text) && !/\s/.test(text) && URL.canParse(text);

/** Key of a label or taint: an optional DNS name and a slash, then at most 63 characters. */
export function isLabelKey(text: string): boolean {
  const [name, prefix, ...more] = text.split('/').reverse();
  return (
    more.length === 0 &&
    name !== '' &&
    labelValuePattern.test(name!) &&
    (prefix === undefined || isDnsName(prefix))
  );
}

/** `none`, or `[user@]host[:port]`, or several of them separated by commas: what ssh takes as ProxyJump. */
export const isProxyJump = (text: string): boolean => text === 'none' || text.split(',').every(isJump);

function isJump(text: string): boolean {
  const match = /^(?:[^\s@:/]+@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s@:/[\]]+))(?::(\d+))?$/.exec(text);
  if (!match) return false;
  const [, bracketed, host, port] = match;
  return (
    (bracketed === undefined ? isSshAddress(host!) : isIP(bracketed) === 6) &&
    (port === undefined || isPort(port))
  );
}

const isPort = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;

/** `type base64`, as a line of ssh-keyscan ends or a `.pub` file begins, or `SHA256:fingerprint`. */
export function isHostKey(text: string): boolean {
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) return true;
  const [type, blob] = text.split(' ');
  if (type === undefined || blob === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false;
  // The blob repeats the type (RFC 4253 §6.6): a key that was cut short or pasted to another type is told here.
  const bytes = Buffer.from(blob, 'base64');
  return bytes.length > 4 && bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1') === type;
}

/** The parts of `host[:port]` with IPv6 in brackets when a port follows; undefined when it is malformed. */
export function splitEndpoint(text: string): { host: string; port?: number } | undefined {
  if (isIpAddress(text)) return { host: text };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, bracketed, plain, port] = match;
  const host = bracketed ?? plain!;
  const sound =
    bracketed === undefined
      ? isIpAddress(host) || (isDnsName(host) && !looksLikeAddress(host))
      : isIP(host) === 6;
  if (!sound || (port !== undefined && !isPort(port))) return undefined;
  return port === undefined ? { host } : { host, port: Number(port) };
}

/** A file of the user's below /etc/kubernetes, never directly in it and never among podstrap's own. */
export const ownFilePattern =
  /^\/etc\/kubernetes\/(?!(?:manifests|pki)\/)[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;
