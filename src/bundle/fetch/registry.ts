import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { resolvePath } from '../../inventory/reading/files.js';
import { parseImageName } from '../../kubernetes/image-name.js';
import { Secret } from '../../secret.js';
import { type AuthorizedGet, authorizedGet } from './authorize.js';
import { type Http, openHttp } from './http.js';

/** One repository of a registry, ready to be asked. */
export interface Repository {
  /** Address of its API: …/v2/NAME. */
  readonly url: string;
  readonly get: AuthorizedGet;
}

/** Knows every registry that the inventory describes, and all others by their names. */
export interface Registries {
  /** Where the image `ref` is to be fetched. Asks nothing yet. */
  url(ref: string): string;
  repository(ref: string): Promise<Repository>;
  close(): Promise<void>;
}

export interface RegistriesOptions {
  readonly inventory: Inventory;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Clients for registries, one per registry, with their mirrors, credentials and authorities from the inventory. */
export function openRegistries({ inventory, environment, signal }: RegistriesOptions): Registries {
  const settings = inventory.spec.artifacts.registries;
  const clients = new Map<string, Promise<Http>>();
  const repositories = new Map<string, Promise<Repository>>();
  const urlOf = (ref: string) => {
    const { registry, repository } = parseImageName(ref);
    return repositoryUrl(registry, repository, settings[registry]);
  };
  const client = (registry: string) =>
    remembered(clients, registry, async () => {
      const { caFile } = settings[registry] ?? {};
      const ca = caFile === undefined ? undefined : await authority(inventory, registry, caFile);
      return openHttp({ environment, ca, signal });
    });
  const open = async (ref: string): Promise<Repository> => {
    const { registry } = parseImageName(ref);
    const { username, password, insecure = false } = settings[registry] ?? {};
    const credentials =
      username === undefined ? undefined : { username, password: password ?? new Secret('') };
    const url = urlOf(ref);
    const name = url.slice(url.indexOf('/v2/') + 4);
    return { url, get: authorizedGet(name, { http: await client(registry), credentials, insecure, signal }) };
  };
  return {
    url: urlOf,
    repository: (ref) => remembered(repositories, urlOf(ref), () => open(ref)),
    close: async () => {
      const opened = await Promise.allSettled(clients.values());
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    },
  };
}

/**
 * Address of a repository's API. A mirror's path stands before the repository's name, as it does in image names:
 * with the mirror https://host/cache, `pause` is the repository `cache/pause` of host.
 */
function repositoryUrl(
  registry: string,
  repository: string,
  setting: { readonly mirror?: string | undefined; readonly insecure: boolean } | undefined,
): string {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const scheme = setting?.insecure ? 'http' : 'https';
  const base = setting?.mirror ?? host;
  const { origin, pathname } = new URL(/^https?:\/\//.test(base) ? base : `${scheme}://${base}`);
  const path = pathname.replace(/\/+$/, '').replace(/^\/v2(?=\/|$)/, '');
  return `${origin}/v2${path}/${repository}`;
}

async function authority(inventory: Inventory, registry: string, caFile: string): Promise<string> {
  const path = resolvePath(caFile, { directory: inventory.directory, home: homedir() });
  return readFile(path, 'utf8').catch((cause) => {
    throw new Failure({
      kind: 'artifact',
      doing: `Reading the certificate authority of ${registry}`,
      said: cause.message,
      next: `Correct caFile of ${registry} in spec.artifacts.registries; it is relative to ${inventory.file}.`,
      cause,
    });
  });
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}
