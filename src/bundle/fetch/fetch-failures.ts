import { Failure } from '../../failure.js';

const place = 'spec.artifacts (mirrors, registries)';

/** The server has no such file or image. */
export const notFound = (url: string, status: number): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Fetching ${url}`,
    said: `HTTP ${status}: it is not there`,
    next: `Check the versions in the inventory. If a mirror serves it, copy it there, or correct ${place} in the inventory.`,
  });

/** The server wants credentials, or others than those it got. */
export const unauthorized = (url: string, status: number, hadCredentials: boolean): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Fetching ${url}`,
    said: `HTTP ${status}: ${hadCredentials ? 'it rejects the username and password' : 'it requires credentials'}`,
    next: `Set username and password of ${new URL(url).host} in spec.artifacts.registries; list the variable that holds the password in \`environment\`. Some registries answer so when the image does not exist.`,
  });

/** The proxy on the way wants to know who asks. The same for all that goes that way. */
export const proxyRefuses = (url: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: 'Fetching artifacts',
    said: `${new URL(url).origin}: the proxy answers HTTP 407: it requires a user name and password, or rejects those it was given`,
    next: 'Put them into the address in HTTP_PROXY, as NAME:PASSWORD and an @ before the host, or name the server in NO_PROXY if it is reached without the proxy.',
  });

/** The server answered with something that is neither the content nor a known refusal. */
export const badAnswer = (url: string, said: string, next?: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Fetching ${url}`,
    said,
    next:
      next ??
      'Run the same command again later: what has arrived is kept. If it repeats, ask who runs that server.',
  });

/** What arrived is not what was published. It has been deleted. */
export const checksumWrong = (url: string, expected: string, got: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Verifying ${url}`,
    said: `expected sha256 ${expected}, got ${got}`,
    next: 'What arrived has been deleted. Run the same command again; if it repeats, the server or a proxy on the way serves other content than was published: do not use it.',
  });

/** Nobody answers there. The same for every file of that server, so that it is reported once. */
export const noNetwork = (url: string, cause: unknown): Failure =>
  new Failure({
    kind: 'artifact',
    doing: 'Fetching artifacts',
    said: `${new URL(url).origin}: ${(cause as Error).message || String((cause as { code?: string }).code)}`,
    next: `Check the network and HTTPS_PROXY, or name a mirror in ${place}. Where there is no network, name the bundle: --bundle FILE.`,
    cause,
  });

/** The server's certificate is not trusted. */
export const untrusted = (url: string, cause: unknown): Failure =>
  new Failure({
    kind: 'artifact',
    doing: 'Fetching artifacts',
    said: `${new URL(url).origin}: ${(cause as Error).message}`,
    next: 'Name its certificate authority: caFile in spec.artifacts.registries, or the variable NODE_EXTRA_CA_CERTS for everything else.',
    cause,
  });

/** Asked not to use the network, but something is missing in the cache. */
export const notCached = (what: string, cacheDirectory: string): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Looking for ${what} in ${cacheDirectory}`,
    said: 'it is not there, and the network must not be used',
    next: 'Run the same command once with a network, or use a bundle: --bundle FILE.',
  });

/** The image exists, but not for what the host is. */
export const platformMissing = (ref: string, wanted: string, present: readonly string[]): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Choosing the platform of ${ref}`,
    said: `it has no ${wanted}, only ${present.join(', ') || 'none that is named'}`,
    next: `Copy the image with all its platforms to the registry, or use another version that exists for ${wanted}.`,
  });

/** The local disk refuses to take it. */
export function cannotStore(path: string, cause: unknown): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new Failure({
    kind: 'artifact',
    doing: `Writing ${path}`,
    said: full ? 'no space left on this machine' : message,
    next: full
      ? 'Free some space, or set spec.artifacts.cacheDirectory to another disk; then run the same command again: what has arrived is kept.'
      : 'Make the cache directory writable, or set spec.artifacts.cacheDirectory to another one.',
    cause,
  });
}

/** The operator asked to stop. */
export const interrupted = (): Failure =>
  new Failure({
    kind: 'interrupted',
    doing: 'Fetching artifacts',
    said: 'stopped as asked',
    next: 'Run the same command again: what has arrived is kept.',
  });
